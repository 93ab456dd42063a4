"""`POST /v1/chat/completions` with `stream: true`."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from tests.api.rest.asking import PATH, asking, chunks_of, text_of
from tests.upstream.process import Upstream
from tests.upstream.script import Script


async def stream(client: httpx.AsyncClient, said: Script | str, **fields: object) -> str:
    response = await client.post(PATH, json=asking(said, stream=True, **fields))
    assert response.status_code == 200
    return response.text


async def test_streams_in_openais_exact_shape(client: httpx.AsyncClient) -> None:
    script = Script(seed=1, deltas=2)
    chunks = chunks_of(await stream(client, script))
    heads = {(chunk.pop("id"), chunk.pop("created"), chunk.pop("model"), chunk.pop("object")) for chunk in chunks}
    assert len(heads) == 1
    ((_, _, model, kind),) = heads
    assert (model, kind) == ("upstream", "chat.completion.chunk")
    deltas = [
        ({"role": "assistant", "content": "", "refusal": None}, None),
        *(({"content": piece}, None) for piece in script.pieces()),
        ({"content": ""}, "stop"),
    ]
    assert chunks == [
        {
            "system_fingerprint": None,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}],
        }
        for delta, reason in deltas
    ]


@pytest.mark.parametrize("store", [False, True])
async def test_clients_that_were_written_out_by_hand_read_every_line_that_they_know(
    storing: httpx.AsyncClient, store: bool
) -> None:
    """They parse whatever follows `data: `, with `requests` know no end mark, and read a content in every chunk.

    This one takes all of Unicode's line ends for such, as Python's `str.splitlines` does.
    """
    script = Script(text="a\u2028b\u2029c\u0085d\r\n\v\f\x1c\x1d\x1e🦜", deltas=3)
    said = ""
    request = asking(script, stream=True, store=store)
    async with storing.stream("POST", PATH, json=request, headers={"user-agent": "python-requests/2.34.2"}) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                said += json.loads(line[6:])["choices"][0]["delta"]["content"]
    assert said == script.whole_text()


async def test_everybody_else_gets_the_end_as_openai_spells_it(client: httpx.AsyncClient) -> None:
    for agent in ("octoai-0.10.1", "Mozilla/5.0"):
        answer = await client.post(PATH, json=asking(Script(), stream=True), headers={"user-agent": agent})
        assert answer.text.endswith("\n\ndata: [DONE]\n\n")


async def test_is_sent_so_that_nobody_on_the_way_holds_it_back(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, json=asking(Script(), stream=True))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert "content-length" not in response.headers


@pytest.mark.parametrize("seed", range(5))
async def test_the_text_arrives_byte_for_byte(client: httpx.AsyncClient, seed: int) -> None:
    script = Script(seed=seed, deltas=200)
    assert text_of(chunks_of(await stream(client, script))) == script.whole_text()


async def test_each_piece_arrives_when_it_was_said(client: httpx.AsyncClient) -> None:
    async with client.stream("POST", PATH, json=asking(Script(stall_after=2), stream=True)) as response:
        lines = response.aiter_lines()
        said = ""
        async with asyncio.timeout(2):
            while said != Script().whole_text(2):
                if (line := await anext(lines)).startswith("data: "):
                    said += json.loads(line.removeprefix("data: "))["choices"][0]["delta"]["content"]


async def test_token_counts_come_last_if_asked_for(client: httpx.AsyncClient) -> None:
    *others, last = chunks_of(await stream(client, Script(), stream_options={"include_usage": True}))
    assert all(chunk["usage"] is None for chunk in others)
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 7, "completion_tokens": 20, "total_tokens": 27}


async def test_token_counts_are_estimated_where_the_upstream_tells_none(client: httpx.AsyncClient) -> None:
    script = Script(text="x" * 40, usage="none")
    *_, last = chunks_of(await stream(client, script, stream_options={"include_usage": True}))
    assert (last["usage"]["completion_tokens"], last["usage"]["estimated"]) == (10, True)


async def test_several_answers_come_interleaved(client: httpx.AsyncClient) -> None:
    script = Script(seed=2, deltas=30, per_second=300)
    chunks = chunks_of(await stream(client, script, n=3))
    assert [text_of(chunks, index) for index in range(3)] == [script.whole_text()] * 3
    finished = [choice["index"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]
    assert sorted(finished) == [0, 1, 2]


async def test_reasoning_comes_beside_the_answer(client: httpx.AsyncClient) -> None:
    chunks = chunks_of(await stream(client, Script(deltas=1, reasoning="hm")))
    assert "hm" in [choice["delta"].get("reasoning_content") for chunk in chunks for choice in chunk["choices"]]


async def test_what_was_said_before_a_failure_arrives_and_then_the_error(client: httpx.AsyncClient) -> None:
    script = Script(seed=3, deltas=200, error_after=100, code="engine_overloaded")
    *events, last, rest = (await stream(client, script)).split("\n\n")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert text_of(chunks) == script.whole_text(100)
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "engine_overloaded"
    assert rest == ""


async def test_a_cut_upstream_is_an_error_and_not_an_end(client: httpx.AsyncClient) -> None:
    answer = await stream(client, Script(seed=4, break_after=5, break_cleanly=True))
    assert "UPSTREAM_INCOMPLETE" in answer
    assert "[DONE]" not in answer


async def test_comments_keep_the_connection_alive_while_nothing_is_said(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.rest.event_stream.KEEP_ALIVE_SECONDS", 0.05)
    async with client.stream("POST", PATH, json=asking(Script(stall_after=0), stream=True)) as response:
        lines = response.aiter_lines()
        async with asyncio.timeout(2):
            comments = 0
            while comments < 3:
                comments += await anext(lines) == ": keep-alive"


@pytest.mark.parametrize("stall_after", [0, 2])
async def test_a_caller_who_goes_away_cancels_the_upstream(
    client: httpx.AsyncClient, upstream: Upstream, stall_after: int
) -> None:
    before = await upstream.state()
    request = asking(Script(stall_after=stall_after), stream=True)
    posting = asyncio.create_task(client.post(PATH, json=request))
    await upstream.reaches(lambda state: state["answering"] == 1)
    posting.cancel()
    after = await upstream.reaches(lambda state: state["answering"] == 0)
    assert after["abandoned"] == before["abandoned"] + 1


async def test_a_caller_who_goes_away_in_the_flow_cancels_the_upstream(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    before = await upstream.state()
    request = asking(Script(deltas=100_000, per_second=200), stream=True)
    async with client.stream("POST", PATH, json=request) as response:
        await anext(response.aiter_bytes())
    after = await upstream.reaches(lambda state: state["answering"] == 0)
    assert after["abandoned"] == before["abandoned"] + 1
