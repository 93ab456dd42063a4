"""What every real upstream's models give over Parley is what they give directly."""

from __future__ import annotations

import asyncio

import openai
import pytest
from gql.transport.exceptions import TransportQueryError

from tests.e2e.operations import STOP, everything, execute
from tests.upstreams.asking import Pair, begin, ended, reply_to, speaking
from tests.upstreams.vocabulary import CONTEXT_TOKENS, MODEL

PROMPT = "Tell me a story of 日本 👩‍🔬"
TOKENS = 60
SERVED_AT_ONCE_SECONDS = 20
"""For five tokens; the upstream would go on with the `CONTEXT_TOKENS` that it was asked for before for longer."""

one_after_the_other = pytest.mark.parametrize("pair", ["llama-patient", "transformers"], indirect=True)


async def test_the_models_are_those_that_the_upstream_lists(pair: Pair) -> None:
    listed = [model.id async for model in pair.openai.models.list()]
    over_graphql = (await execute(pair.parley.graphql_url, "{ models { id } }"))["models"]
    assert [MODEL] == await pair.upstream.models() == listed == [model["id"] for model in over_graphql]


@pytest.mark.parametrize("temperature", [0.0, 0.9])
async def test_a_subscriber_gets_byte_for_byte_what_the_upstream_says(pair: Pair, temperature: float) -> None:
    direct = await pair.upstream.says(PROMPT, temperature=temperature, seed=42, max_tokens=TOKENS)
    reply = await reply_to(pair, PROMPT, temperature=temperature, seed=42, maxTokens=TOKENS)
    assert len(direct.split()) == TOKENS
    assert reply["content"].encode() == direct.encode()


async def test_the_seed_and_the_temperature_reach_the_upstream(pair: Pair) -> None:
    greedy = await reply_to(pair, PROMPT, temperature=0.0, seed=1, maxTokens=TOKENS)
    first = await reply_to(pair, PROMPT, temperature=0.9, seed=1, maxTokens=TOKENS)
    second = await reply_to(pair, PROMPT, temperature=0.9, seed=2, maxTokens=TOKENS)
    assert len({greedy["content"], first["content"], second["content"]}) == 3


@pytest.mark.parametrize("temperature", [0.0, 0.9])
async def test_a_rest_client_gets_byte_for_byte_what_the_upstream_says(pair: Pair, temperature: float) -> None:
    direct = await pair.upstream.says(PROMPT, temperature=temperature, seed=42, max_tokens=TOKENS)
    answer = await pair.openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": PROMPT}],
        temperature=temperature,
        seed=42,
        max_completion_tokens=TOKENS,
    )
    assert (answer.choices[0].message.content or "").encode() == direct.encode()
    assert answer.choices[0].finish_reason == "length"


async def test_a_rest_client_that_streams_gets_the_same_in_many_pieces(pair: Pair) -> None:
    direct = await pair.upstream.says(PROMPT, temperature=0.0, seed=42, max_tokens=TOKENS)
    chunks = await pair.openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": PROMPT}],
        temperature=0.0,
        seed=42,
        max_tokens=TOKENS,
        stream=True,
    )
    choices = [chunk.choices[0] async for chunk in chunks if chunk.choices]
    pieces = [piece for choice in choices if (piece := choice.delta.content)]
    assert "".join(pieces).encode() == direct.encode()
    assert len(pieces) > 1
    assert choices[-1].finish_reason == "length"


async def test_a_reply_is_cut_at_max_tokens_and_says_so(pair: Pair) -> None:
    reply = await reply_to(pair, PROMPT, temperature=0.0, maxTokens=5)
    assert (reply["status"], reply["finishReason"], reply["error"]) == ("COMPLETE", "LENGTH", None)
    assert len(reply["content"].split()) == 5


async def test_a_stop_sequence_ends_a_reply_well(pair: Pair) -> None:
    words = (await pair.upstream.says(PROMPT, temperature=0.0, max_tokens=TOKENS)).split()
    until = f" {words[3]} {words[4]}"
    direct = await pair.upstream.says(PROMPT, temperature=0.0, max_tokens=TOKENS, stop=[until])
    reply = await reply_to(pair, PROMPT, temperature=0.0, maxTokens=TOKENS, stop=[until])
    assert (reply["status"], reply["finishReason"]) == ("COMPLETE", "STOP")
    assert reply["content"].split()[:3] == words[:3]
    assert reply["content"] == direct


async def test_a_name_that_the_upstream_does_not_list_is_refused_before_anything_is_stored(pair: Pair) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        await pair.openai.chat.completions.create(
            model="parley/tyni", messages=[{"role": "user", "content": PROMPT}], max_tokens=5
        )
    assert refused.value.code == "model_not_found"
    mutation = 'mutation { postMessage(input: {content: "Hello", model: "parley/tyni"}) { reply { id } } }'
    with pytest.raises(TransportQueryError) as errors:
        await execute(pair.parley.graphql_url, mutation)
    assert [error["extensions"]["code"] for error in errors.value.errors or ()] == ["MODEL_NOT_FOUND"]


async def is_served_at_once(pair: Pair) -> None:
    """Raises:
    AssertionError: the upstream is busy with something else; has what both of them logged.
    """
    try:
        async with asyncio.timeout(SERVED_AT_ONCE_SECONDS):
            answer = await pair.upstream.says(PROMPT, temperature=0.0, max_tokens=5)
    except TimeoutError:
        logs = [log.read_text()[-2000:] for log in (pair.upstream.log, pair.parley.log)]
        raise AssertionError("\n\n".join(logs)) from None
    assert len(answer.split()) == 5


@one_after_the_other
async def test_stopping_a_reply_frees_the_upstream_for_the_next_request(pair: Pair) -> None:
    id = await begin(pair, PROMPT, temperature=0.9, seed=1, maxTokens=CONTEXT_TOKENS - 500)
    async with speaking(pair, id) as events:
        stopped = (await execute(pair.parley.graphql_url, STOP, id=id))["stopCompletion"]
        await is_served_at_once(pair)
        rest = [event async for event in events]
    assert stopped["status"] == "STOPPED"
    assert rest[-1]["__typename"] == "CompletionEnd"
    reply = await ended(pair, id)
    assert (reply["status"], reply["error"], reply["content"]) == ("STOPPED", None, stopped["content"])
    assert reply["content"] != ""
    assert (await everything(pair.parley.websocket_url, id))[-1]["message"]["content"] == reply["content"]


@one_after_the_other
async def test_a_rest_client_that_goes_frees_the_upstream_for_the_next_request(pair: Pair) -> None:
    chunks = await pair.openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": PROMPT}],
        max_tokens=CONTEXT_TOKENS - 500,
        stream=True,
    )
    async for chunk in chunks:
        if chunk.choices and chunk.choices[0].delta.content:
            break
    await chunks.close()
    await is_served_at_once(pair)
