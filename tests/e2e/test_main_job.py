"""Post a message, watch the answer stream, find it again: through real clients, whatever happens to the server."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql.transport.exceptions import TransportError
from websockets.exceptions import ConnectionClosed

from tests.e2e.operations import CONVERSATION, STOP, Event, everything, execute, follow, message, post, said
from tests.e2e.process import ServerProcess, running

LONG = "Tell me a long story, please."


async def test_what_streams_is_what_is_stored_and_found_again_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        posted = await post(server.graphql_url, LONG)
        events = await asyncio.wait_for(everything(server.websocket_url, posted["reply"]["id"]), 60)
        end = events[-1]
        assert [event["__typename"] for event in events].count("CompletionEnd") == 1
        assert end["message"]["status"] == "COMPLETE"
        assert len(events) > 5
        assert said(events) == end["message"]["content"]
    async with running(tmp_path) as server:
        found = await execute(server.graphql_url, CONVERSATION, id=posted["conversation"]["id"])
        first, reply = found["conversation"]["messages"]["nodes"]
        assert (first["role"], first["content"]) == ("USER", LONG)
        assert (reply["role"], reply["content"]) == ("ASSISTANT", said(events))
        assert reply["parent"]["id"] == first["id"]


async def test_coming_back_after_any_seq_gives_exactly_the_rest_during_and_after(standing: ServerProcess) -> None:
    reply = (await post(standing.graphql_url, LONG))["reply"]["id"]
    seen: list[Event] = []
    resumed: list[asyncio.Task[list[Event]]] = []
    async for event in follow(standing.websocket_url, reply):
        seen.append(event)
        if len(seen) in (2, 5, 9):
            resumed.append(asyncio.create_task(everything(standing.websocket_url, reply, event["seq"])))
    for task, position in zip(resumed, (2, 5, 9), strict=True):
        assert said(await task) == said(seen[position:])
    for position in range(0, len(seen), 7):
        rest = await everything(standing.websocket_url, reply, seen[position]["seq"])
        assert said(rest) == said(seen[position + 1 :])
        assert rest[-1]["__typename"] == "CompletionEnd"


async def test_a_page_loaded_mid_stream_and_subscribed_after_its_seq_misses_nothing(standing: ServerProcess) -> None:
    reply = (await post(standing.graphql_url, LONG))["reply"]["id"]
    loaded: dict[str, Any] = {"seq": 0}
    while loaded["seq"] < 5:
        loaded = await message(standing.graphql_url, reply)
    rest = await everything(standing.websocket_url, reply, loaded["seq"])
    assert loaded["content"] + said(rest) == rest[-1]["message"]["content"]


async def test_after_kill_9_mid_stream_all_that_was_seen_is_stored_and_nothing_is_left_running(folder: Path) -> None:
    async with running(folder) as server:
        reply = (await post(server.graphql_url, LONG))["reply"]["id"]
        seen: list[Event] = []
        with suppress(TransportError, ConnectionClosed):  # what the client says of a socket that is cut
            async for event in follow(server.websocket_url, reply):
                seen.append(event)
                if len(seen) == 8:
                    await server.kill()
        assert len(seen) >= 8
        assert seen[-1]["__typename"] == "CompletionDelta"
        await server.start()
        rest = await asyncio.wait_for(everything(server.websocket_url, reply, seen[-1]["seq"]), 30)
        end = rest[-1]["message"]
        assert end["status"] == "INTERRUPTED"
        assert end["content"] == said(seen) + said(rest)
        assert await server.stop() == 0
        assert server.left_behind() == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_mid_stream_exits_0_keeps_the_text_and_leaves_no_process(
    folder: Path, sign: signal.Signals
) -> None:
    async with running(folder, PARLEY_GRACE_SECONDS="0.5") as server:
        reply = (await post(server.graphql_url, LONG))["reply"]["id"]
        events = follow(server.websocket_url, reply)
        seen = [await anext(events) for _ in range(3)]
        stopping = asyncio.create_task(server.stop(sign))
        seen += [event async for event in events]
        assert seen[-1]["message"]["status"] == "INTERRUPTED"
        assert said(seen) == seen[-1]["message"]["content"]
        assert await stopping == 0
        assert server.left_behind() == []


async def test_a_stop_lets_a_rest_stream_finish_within_the_grace_period_and_then_says_why_it_ends(
    tmp_path: Path,
) -> None:
    request = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": LONG}]}
    async with (
        running(tmp_path, PARLEY_GRACE_SECONDS="0.5") as server,
        httpx.AsyncClient(timeout=30) as client,
        client.stream("POST", f"{server.url}/v1/chat/completions", json=request) as answer,
    ):
        lines = answer.aiter_lines()
        first = await anext(lines)
        began = time.monotonic()
        stopping = asyncio.create_task(server.stop())
        rest = [line async for line in lines if line]
        assert first.startswith("data: ")
        assert len(rest) > 3
        assert "shutting down" in rest[-1]
        assert await stopping == 0
        assert time.monotonic() - began < 0.5 + 2


async def test_a_stop_is_over_two_seconds_after_the_grace_period_with_websocket_and_rest_readers(
    tmp_path: Path,
) -> None:
    """Both readers stay to their end, and the server does not wait for them longer than it promises."""
    grace_seconds = 1.0
    request = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": LONG}]}
    async with (
        running(tmp_path, PARLEY_GRACE_SECONDS=str(grace_seconds), PARLEY_DEMO_WORDS_PER_SECOND="5") as server,
        httpx.AsyncClient(timeout=30) as client,
        client.stream("POST", f"{server.url}/v1/chat/completions", json=request) as answer,
    ):
        reply = (await post(server.graphql_url, LONG))["reply"]["id"]
        events = follow(server.websocket_url, reply)
        seen = [await anext(events)]
        lines = answer.aiter_lines()
        await anext(lines)
        began = time.monotonic()
        stopping = asyncio.create_task(server.stop())
        seen += [event async for event in events]
        rest = [line async for line in lines if line]
        assert await stopping == 0
        assert time.monotonic() - began < grace_seconds + 2
        assert seen[-1]["message"]["status"] == "INTERRUPTED"
        assert "shutting down" in rest[-1]


async def test_a_stopped_reply_keeps_what_it_said(standing: ServerProcess) -> None:
    reply = (await post(standing.graphql_url, LONG))["reply"]["id"]
    events = follow(standing.websocket_url, reply)
    seen = [await anext(events) for _ in range(3)]
    stopped = (await execute(standing.graphql_url, STOP, id=reply))["stopCompletion"]
    seen += [event async for event in events]
    assert stopped["status"] == "STOPPED"
    assert stopped["content"] == said(seen)
    assert (await execute(standing.graphql_url, STOP, id=reply))["stopCompletion"] == stopped


async def test_two_servers_share_a_conversation(folder: Path) -> None:
    async with running(folder) as one, running(folder) as other:
        reply = (await post(one.graphql_url, LONG))["reply"]["id"]
        here, there = await asyncio.gather(everything(one.websocket_url, reply), everything(other.websocket_url, reply))
        assert said(here) == said(there) == there[-1]["message"]["content"]
        again = (await post(one.graphql_url, LONG))["reply"]["id"]
        stopped = (await execute(other.graphql_url, STOP, id=again))["stopCompletion"]
        assert stopped["status"] == "STOPPED"
