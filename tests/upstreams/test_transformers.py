"""`transformers serve`: token counts in every stream, no end mark, and errors as bare strings."""

from __future__ import annotations

import json

import openai
import pytest

from tests.upstreams.asking import Pair, reply_to
from tests.upstreams.vocabulary import CONTEXT_TOKENS, MODEL

PROMPT = "Tell me a story of 日本 👩‍🔬"
OUT_OF_POSITIONS = "index out of range in self"
NEARLY_TOO_LONG = "x" * (CONTEXT_TOKENS - 40)
"""It is not in the vocabulary: each letter is a token. The template adds some."""

TOKENS_TO_FAIL = 100

pytestmark = pytest.mark.parametrize("pair", ["transformers"], indirect=True)


async def test_its_token_counts_are_the_usage_and_its_missing_end_mark_is_not_missed(pair: Pair) -> None:
    raw = await pair.upstream.raw_events(PROMPT, max_tokens=5)
    counts = json.loads(raw[-1])["usage"]
    reply = await reply_to(pair, PROMPT, maxTokens=5)
    assert reply["status"] == "COMPLETE"
    assert reply["usage"] == {
        "promptTokens": counts["prompt_tokens"],
        "completionTokens": counts["completion_tokens"],
        "totalTokens": counts["total_tokens"],
        "source": "PROVIDER",
    }


async def test_a_prompt_that_is_too_long_fails_with_the_words_of_the_upstream(pair: Pair) -> None:
    reply = await reply_to(pair, "x" * (CONTEXT_TOKENS + 1), maxTokens=5)
    assert (reply["status"], reply["content"]) == ("FAILED", "")
    assert (reply["error"]["code"], reply["error"]["message"]) == ("UPSTREAM_FAILED", OUT_OF_POSITIONS)


async def test_a_reply_that_fails_in_its_middle_keeps_its_text_and_says_why(pair: Pair) -> None:
    reply = await reply_to(pair, NEARLY_TOO_LONG, temperature=0.0, maxTokens=TOKENS_TO_FAIL)
    assert (reply["status"], reply["finishReason"]) == ("FAILED", None)
    assert (reply["error"]["code"], reply["error"]["message"]) == ("UPSTREAM_FAILED", OUT_OF_POSITIONS)
    assert 0 < len(reply["content"].split()) < TOKENS_TO_FAIL


async def test_a_rest_stream_that_fails_in_its_middle_ends_with_the_words_of_the_upstream(pair: Pair) -> None:
    chunks = await pair.openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": NEARLY_TOO_LONG}],
        temperature=0.0,
        max_tokens=TOKENS_TO_FAIL,
        stream=True,
    )
    pieces = []
    with pytest.raises(openai.APIError, match=OUT_OF_POSITIONS):
        async for chunk in chunks:
            pieces += [choice.delta.content or "" for choice in chunk.choices]
    assert "".join(pieces) != ""
