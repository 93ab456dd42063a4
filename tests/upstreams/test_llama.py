"""llama.cpp's server: one completion at a time, no token counts in streams, and refusals that a stream cannot tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.upstreams.asking import Pair, begin, ended, reply_to, speaking
from tests.upstreams.vocabulary import CONTEXT_TOKENS, MODEL

PROMPT = "Tell me a story of 日本 👩‍🔬"
TOKENS = 40
TOO_LONG = "x" * (CONTEXT_TOKENS + 1)
"""It is not in the vocabulary: each letter is a token."""

interrupting = pytest.mark.parametrize("pair", ["llama"], indirect=True)
patient = pytest.mark.parametrize("pair", ["llama-patient"], indirect=True)


@interrupting
async def test_its_streams_count_no_tokens_so_that_usage_is_estimated(pair: Pair) -> None:
    raw = await pair.upstream.raw_events(PROMPT, max_tokens=5, stream_options={"include_usage": True})
    assert raw[-1] == "[DONE]"
    assert [event for event in raw if '"usage"' in event] == []
    usage = (await reply_to(pair, PROMPT, maxTokens=5))["usage"]
    assert usage["source"] == "ESTIMATED"
    assert min(usage["promptTokens"], usage["completionTokens"]) > 0


@interrupting
async def test_a_reply_that_a_newer_request_cuts_is_failed_with_its_text_and_the_newer_one_completes(
    pair: Pair,
) -> None:
    direct = await pair.upstream.says(PROMPT, temperature=0.0, max_tokens=TOKENS)
    older = await begin(pair, PROMPT, temperature=0.0)
    async with speaking(pair, older):
        newer = await reply_to(pair, PROMPT, temperature=0.0, maxTokens=TOKENS)
    cut = await ended(pair, older)
    assert (newer["status"], newer["content"]) == ("COMPLETE", direct)
    assert (cut["status"], cut["finishReason"]) == ("FAILED", None)
    assert (cut["error"]["code"], cut["error"]["retryable"]) == ("UPSTREAM_INCOMPLETE", True)
    assert cut["content"].startswith(direct[:4])
    assert cut["usage"]["source"] == "ESTIMATED"


@interrupting
async def test_a_rest_stream_that_a_newer_request_cuts_ends_with_an_error_and_not_as_if_complete(pair: Pair) -> None:
    chunks = await pair.openai.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
    )
    choices = [choice async for chunk in _until_text(chunks) for choice in chunk.choices]
    await pair.upstream.says(PROMPT, max_tokens=1)
    with pytest.raises(openai.APIError) as cut:
        async for chunk in chunks:
            choices += chunk.choices
    assert cut.value.code == "UPSTREAM_INCOMPLETE"
    assert {choice.finish_reason for choice in choices} == {None}


async def _until_text(chunks: AsyncIterator[ChatCompletionChunk]) -> AsyncIterator[ChatCompletionChunk]:
    """Up to the first one that says something, which leaves the rest to be read."""
    while True:
        chunk = await anext(chunks)
        yield chunk
        if any(choice.delta.content for choice in chunk.choices):
            return


@patient
async def test_two_replies_at_the_same_time_both_complete_where_it_is_told_not_to_cut(pair: Pair) -> None:
    direct = await pair.upstream.says(PROMPT, temperature=0.0, max_tokens=TOKENS)
    replies = await asyncio.gather(
        *(reply_to(pair, PROMPT, temperature=0.0, maxTokens=TOKENS) for _ in range(2)),
    )
    assert [(reply["status"], reply["content"]) for reply in replies] == [("COMPLETE", direct)] * 2


@interrupting
async def test_a_prompt_that_is_too_long_fails_with_its_own_code_and_words(pair: Pair) -> None:
    assert await pair.upstream.raw_events(TOO_LONG, max_tokens=5) == []
    reply = await reply_to(pair, TOO_LONG, maxTokens=5)
    assert (reply["status"], reply["content"]) == ("FAILED", "")
    assert (reply["error"]["code"], reply["error"]["retryable"]) == ("context_length_exceeded", False)
    assert f"maximum context length is {CONTEXT_TOKENS} tokens" in reply["error"]["message"]


@interrupting
@pytest.mark.parametrize("stream", [False, True])
async def test_a_rest_client_is_told_that_a_prompt_is_too_long(pair: Pair, stream: bool) -> None:
    with pytest.raises(openai.APIError) as refused:
        answer = await pair.openai.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": TOO_LONG}], max_tokens=5, stream=stream
        )
        if isinstance(answer, openai.AsyncStream):
            async for _ in answer:
                pass
    assert refused.value.code == "context_length_exceeded"
    assert f"maximum context length is {CONTEXT_TOKENS} tokens" in refused.value.message
