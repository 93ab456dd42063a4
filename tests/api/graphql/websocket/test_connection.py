"""How a connection ends, and that nothing of it is left then."""

from __future__ import annotations

import asyncio
import socket as sockets
import struct
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from app.api.graphql import GraphQLRouter
from app.api.graphql.http import Endpoint
from app.api.graphql.websocket.pace import Pace
from app.api.graphql.websocket.sockets import Sockets
from app.chat.identifiers import message_id
from app.chat.service import Chat
from app.log.delta_log import DeltaLog
from app.server.websocket import BoundedWebSocket
from tests.api.graphql.client import FOLLOW, Client, Socket
from tests.api.graphql.conftest import identify
from tests.api.graphql.serving import serving

PROMPT_SECONDS = 1.0
"""What is gone is let go of at once; a shared machine may take its time."""

STOP = "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { status } }"


async def until(true: Callable[[], bool], seconds: float = PROMPT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it takes too long"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def at_pace(chat: Chat, client: Client, pace: Pace) -> AsyncGenerator[tuple[Client, Sockets]]:
    """A server of the test's own, and the same caller to it."""
    own = Sockets(chat, identify, pace=pace)
    router = GraphQLRouter(Endpoint(chat, identify, None), own)
    async with serving(router.added_to(FastAPI())) as port:
        yield Client(client.http, port, client.owner), own


async def slow_reply(client: Client) -> str:
    return str((await client.post("Hello", model="slow"))["reply"]["id"])


async def complete(socket: Socket) -> None:
    await socket.complete("1")


async def close(socket: Socket) -> None:
    await socket.connection.close()


async def reset(socket: Socket) -> None:
    """As when the client's machine has lost the connection: RST."""
    raw = socket.connection.transport.get_extra_info("socket")
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    socket.connection.transport.abort()


async def hang_up(socket: Socket) -> None:
    """As when the client's process was killed: FIN, and no closing handshake."""
    socket.connection.transport.close()


async def breach(socket: Socket) -> None:
    await socket.send({"type": "bogus"})


@pytest.mark.parametrize("leave", [complete, close, reset, hang_up, breach])
async def test_a_subscriber_that_goes_leaves_nothing_behind_and_the_reply_goes_on(
    client: Client, log: DeltaLog, leave: Callable[[Socket], Awaitable[None]]
) -> None:
    id = await slow_reply(client)
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id, after=0)
        assert (await socket.receive())["type"] == "next"
        assert message_id(id) in log.followed
        await leave(socket)
        await until(lambda: message_id(id) not in log.followed)
    query = "query Q($id: ID!) { message(id: $id) { status } }"
    assert (await client.data(query, id=id))["message"]["status"] == "STREAMING"
    await client.data(STOP, id=id)


async def test_a_hundred_subscriptions_end_with_their_socket(client: Client, log: DeltaLog) -> None:
    ids = [await slow_reply(client) for _ in range(5)]
    async with client.socket() as socket:
        for number in range(100):
            await socket.subscribe(str(number), FOLLOW, id=ids[number % 5], after=0)
        heard: set[str] = set()
        while len(heard) < 100:
            heard.add((await socket.receive())["id"])
        assert {message_id(each) for each in ids} <= set(log.followed)
        tasks = len(asyncio.all_tasks())
        await reset(socket)
        await until(lambda: not {message_id(each) for each in ids} & set(log.followed))
        await until(lambda: len(asyncio.all_tasks()) <= tasks - 100)
    for id in ids:
        await client.data(STOP, id=id)


async def test_one_operation_that_is_completed_leaves_the_others_alone(client: Client) -> None:
    id = await slow_reply(client)
    async with client.socket() as socket:
        for each in ("a", "b"):
            await socket.subscribe(each, FOLLOW, id=id, after=0)
        await socket.complete("a")
        await socket.send({"type": "ping"})
        while (await socket.receive())["type"] != "pong":
            pass
        assert [(await socket.receive())["id"] for _ in range(3)] == ["b", "b", "b"]
    await client.data(STOP, id=id)


async def test_a_client_that_does_not_begin_is_closed(chat: Chat, client: Client) -> None:
    async with at_pace(chat, client, Pace(init_deadline=0.05)) as (own, open_sockets), own.socket(init=False) as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")
        await until(lambda: len(open_sockets) == 0)


async def test_a_client_that_answers_pings_stays(chat: Chat, client: Client) -> None:
    async with at_pace(chat, client, Pace(ping_interval=0.02, pong_deadline=0.5)) as (own, _), own.socket() as socket:
        for _ in range(10):
            assert await socket.receive() == {"type": "ping"}
            await socket.send({"type": "pong"})


async def test_a_client_that_answers_no_pings_is_closed(chat: Chat, client: Client) -> None:
    async with at_pace(chat, client, Pace(ping_interval=0.02, pong_deadline=0.05)) as (own, _), own.socket() as socket:
        assert await socket.receive() == {"type": "ping"}
        assert await socket.closed() == (4499, "Ping timeout")


async def test_a_client_that_stops_reading_is_let_go_of(
    chat: Chat, client: Client, log: DeltaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedWebSocket, "stall_seconds", 0.3)
    big = (await client.post("x" * 2_000_000, reply=False))["message"]["id"]
    id = await slow_reply(client)
    async with at_pace(chat, client, Pace()) as (own, open_sockets), own.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id, after=0)
        assert (await socket.receive())["type"] == "next"
        socket.connection.transport.pause_reading()
        for number in range(10):  # far more than the kernel holds for a reader
            await socket.subscribe(f"big {number}", "query Q($id: ID!) { message(id: $id) { content } }", id=big)
        await until(lambda: message_id(id) not in log.followed, 5)
        await until(lambda: len(open_sockets) == 0, 5)
        socket.connection.transport.abort()
    await client.data(STOP, id=id)


async def test_a_drain_lets_subscribers_have_the_end_and_then_closes_every_socket(chat: Chat, client: Client) -> None:
    id = str((await client.post("Hello", model="demo"))["reply"]["id"])
    async with (
        at_pace(chat, client, Pace()) as (own, open_sockets),
        own.socket() as busy,
        own.socket() as idle,
        own.socket(init=False) as silent,
    ):
        await busy.subscribe("1", FOLLOW, id=id, after=0)
        assert (await busy.receive())["type"] == "next"
        draining = asyncio.create_task(open_sockets.drain(3_600))
        events = [each["data"]["completion"] for each in await busy.payloads("1")]
        assert events[-1]["message"]["status"] == "COMPLETE"
        for socket in (busy, idle, silent):
            assert await socket.closed() == (1012, "Service restart")
        await draining
        assert len(open_sockets) == 0


async def test_a_drain_waits_no_longer_than_its_grace_and_takes_nothing_new(chat: Chat, client: Client) -> None:
    id = await slow_reply(client)
    async with at_pace(chat, client, Pace()) as (own, open_sockets), own.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id, after=0)
        assert (await socket.receive())["type"] == "next"
        draining = asyncio.create_task(open_sockets.drain(0.5))
        await asyncio.sleep(0)
        await socket.subscribe("2", "{ models { id } }")
        while (message := await socket.receive())["id"] == "1":
            pass
        assert message["payload"][0]["extensions"] == {"code": "SHUTTING_DOWN", "retryable": True}
        assert (await socket.closed())[0] == 1012
        await draining
        async with own.socket(init=False) as late:
            assert await late.closed() == (1012, "Service restart")
    await client.data(STOP, id=id)


async def test_a_second_drain_hurries_the_first(chat: Chat, client: Client) -> None:
    id = await slow_reply(client)
    async with at_pace(chat, client, Pace()) as (own, open_sockets), own.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id, after=0)
        assert (await socket.receive())["type"] == "next"
        patient = asyncio.create_task(open_sockets.drain(3_600))
        async with own.socket(init=False) as late:  # has nothing to wait for
            assert await late.closed() == (1012, "Service restart")
        await open_sockets.drain(0)
        assert (await socket.closed())[0] == 1012
        await patient
    await client.data(STOP, id=id)
