"""`POST /egp/v1/chat-completions` with `stream: true`."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from tests.api.rest.egp.asking import PATH, asking, chunks_of, text_of
from tests.upstream.process import Upstream
from tests.upstream.script import Script


async def stream(client: httpx.AsyncClient, said: Script | str, **fields: object) -> str:
    response = await client.post(PATH, json=asking(said, stream=True, **fields))
    assert response.status_code == 200
    return response.text


async def test_each_event_has_the_new_text_and_the_last_the_finish_reason_and_token_counts(
    client: httpx.AsyncClient,
) -> None:
    script = Script(seed=1, deltas=3)
    *chunks, last = chunks_of(await stream(client, script))
    spoken = [chunk for chunk in chunks if chunk["chat_completion"]["message"]["content"]]
    assert spoken == [
        {
            "chat_completion": {
                "message": {"role": "agent", "content": piece, "tool_request": None},
                "finish_reason": None,
            },
            "token_usage": None,
        }
        for piece in script.pieces()
    ]
    assert last == {
        "chat_completion": {
            "message": {"role": "agent", "content": "", "tool_request": None},
            "finish_reason": "stop",
        },
        "token_usage": {"prompt": 7, "completion": 3, "total": 10},
    }


@pytest.mark.parametrize("seed", range(3))
async def test_the_text_arrives_byte_for_byte(client: httpx.AsyncClient, seed: int) -> None:
    script = Script(seed=seed, deltas=200)
    assert text_of(chunks_of(await stream(client, script))) == script.whole_text()


async def test_every_line_that_is_not_empty_is_an_event_with_a_content(client: httpx.AsyncClient) -> None:
    """No end mark, no comments: not every client of EGP's knows what to make of them."""
    script = Script(seed=2, reasoning="hm")
    lines = [line for line in (await stream(client, script)).split("\n") if line]
    assert (
        "".join(json.loads(line.removeprefix("data: "))["chat_completion"]["message"]["content"] for line in lines)
        == script.whole_text()
    )


async def test_is_sent_so_that_nobody_on_the_way_holds_it_back(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, json=asking(Script(), stream=True))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"


async def test_each_piece_arrives_when_it_was_said(client: httpx.AsyncClient, upstream: Upstream) -> None:
    async with client.stream("POST", PATH, json=asking(Script(stall_after=2), stream=True)) as response:
        lines = response.aiter_lines()
        said = ""
        async with asyncio.timeout(10):
            while said != Script().whole_text(2):
                said += text_of(chunks_of(await anext(lines)))
    await upstream.reaches(lambda state: state["answering"] == 0)


async def test_says_when_the_answer_was_cut_short(client: httpx.AsyncClient) -> None:
    *_, last = chunks_of(await stream(client, Script(finish_reason="length")))
    assert last["chat_completion"]["finish_reason"] == "length"


async def test_events_without_text_keep_the_connection_alive_while_nothing_is_said(
    client: httpx.AsyncClient, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.rest.event_stream.KEEP_ALIVE_SECONDS", 0.05)
    async with client.stream("POST", PATH, json=asking(Script(stall_after=0), stream=True)) as response:
        lines = response.aiter_lines()
        async with asyncio.timeout(10):
            kept = 0
            while kept < 3:
                if chunks := chunks_of(await anext(lines)):
                    assert text_of(chunks) == ""
                    kept += 1
    await upstream.reaches(lambda state: state["answering"] == 0)


async def test_what_was_said_before_a_failure_arrives_and_then_the_error(client: httpx.AsyncClient) -> None:
    script = Script(seed=3, deltas=200, error_after=100, code="engine_overloaded", message="no room")
    *events, last, rest = (await stream(client, script)).split("\n\n")
    assert text_of([json.loads(event.removeprefix("data: ")) for event in events]) == script.whole_text(100)
    name, data = last.split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: ")) == {"detail": "no room", "code": "engine_overloaded"}
    assert rest == ""


async def test_a_cut_upstream_is_an_error_and_not_an_end(client: httpx.AsyncClient) -> None:
    answer = await stream(client, Script(seed=4, break_after=5, break_cleanly=True))
    assert "UPSTREAM_INCOMPLETE" in answer
    assert '"finish_reason":"stop"' not in answer


@pytest.mark.parametrize("stall_after", [0, 2])
async def test_a_caller_who_goes_away_cancels_the_upstream(
    client: httpx.AsyncClient, upstream: Upstream, stall_after: int
) -> None:
    before = await upstream.state()
    posting = asyncio.create_task(client.post(PATH, json=asking(Script(stall_after=stall_after), stream=True)))
    await upstream.reaches(lambda state: state["answering"] == 1)
    posting.cancel()
    after = await upstream.reaches(lambda state: state["answering"] == 0)
    assert after["abandoned"] == before["abandoned"] + 1
