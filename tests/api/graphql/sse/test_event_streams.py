"""How an event stream ends, and that nothing of it is left then."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from app.api.graphql import GraphQLRouter
from app.api.graphql.http import Endpoint
from app.api.graphql.sse.event_streams import EventStreams
from app.api.graphql.sse.pace import Pace
from app.api.graphql.websocket.sockets import Sockets
from app.api.identity import Identify, Identity
from app.api.rate_limits import Allowance, KeyLimits
from app.chat.errors import Unauthenticated
from app.chat.identifiers import message_id
from app.chat.service import Chat
from app.log.delta_log import DeltaLog
from app.server.http import BoundedHttp
from tests.api.graphql.client import FOLLOW, OWNER_HEADER, Client
from tests.api.graphql.conftest import identify
from tests.api.graphql.serving import serving
from tests.api.graphql.sse.reading import COMMENT, COMPLETE, EVENT_STREAM, opened

FAR_TOO_LONG_SECONDS = 10.0
MANY = 20

STOP = "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { status } }"
STATUS = "query Status($id: ID!) { message(id: $id) { status } }"


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + FAR_TOO_LONG_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it takes too long"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def at_pace(
    chat: Chat, client: Client, pace: Pace, identified: Identify = identify
) -> AsyncGenerator[tuple[Client, EventStreams, GraphQLRouter]]:
    """A server of the test's own, and the same caller to it."""
    streams = EventStreams(identified, pace=pace)
    router = GraphQLRouter(Endpoint(chat, identified, None, streams), Sockets(chat, identified))
    async with serving(router.added_to(FastAPI())) as port:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, headers={OWNER_HEADER: client.owner}, verify=False) as http:
            yield Client(http, port, client.owner), streams, router


async def slow_reply(client: Client) -> str:
    return str((await client.post("Hello", model="slow"))["reply"]["id"])


async def test_a_reader_that_goes_leaves_nothing_behind_and_the_reply_goes_on(client: Client, log: DeltaLog) -> None:
    id = await slow_reply(client)
    async with opened(client, FOLLOW, id=id, after=0) as reader:
        await reader.next()
        assert message_id(id) in log.followed
    await until(lambda: message_id(id) not in log.followed)
    assert (await client.data(STATUS, id=id))["message"]["status"] == "STREAMING"
    await client.data(STOP, id=id)


async def test_one_reader_that_goes_takes_no_other_along(client: Client) -> None:
    id = await slow_reply(client)
    async with opened(client, FOLLOW, id=id, after=0) as stays:
        async with opened(client, FOLLOW, id=id, after=0) as goes:
            await goes.next()
        await client.data(STOP, id=id)
        *_, end, last = [event async for event in stays.events() if event != COMMENT]
    assert (end[1]["data"]["completion"]["message"]["status"], last) == ("STOPPED", COMPLETE)


async def test_many_streams_leave_no_task_when_their_readers_go(chat: Chat, client: Client, log: DeltaLog) -> None:
    id = await slow_reply(client)
    async with at_pace(chat, client, Pace()) as (own, streams, _):
        await own.data("{ __typename }")  # the server's own tasks have all begun
        before = asyncio.all_tasks()
        limits = httpx.Limits(max_connections=MANY)
        async with httpx.AsyncClient(
            base_url=own.http.base_url, headers=own.http.headers, limits=limits, verify=False
        ) as http:
            many = Client(http, own.port, own.owner)
            async with AsyncExitStack() as readers:
                reading = [await readers.enter_async_context(opened(many, FOLLOW, id=id)) for _ in range(MANY)]
                for each in reading:
                    await each.next()
                assert len(streams) == MANY
        await until(lambda: len(streams) == 0)
        await until(lambda: message_id(id) not in log.followed)
        await until(lambda: asyncio.all_tasks() <= before)
    await client.data(STOP, id=id)


async def test_a_stream_that_has_nothing_to_tell_shows_that_it_lives(chat: Chat, client: Client) -> None:
    id = await slow_reply(client)
    async with (
        at_pace(chat, client, Pace(keep_alive=0.01)) as (own, *_),
        opened(own, FOLLOW, id=id, after=0) as reader,
    ):
        async with asyncio.timeout(FAR_TOO_LONG_SECONDS):
            comments = 0
            while comments < 5:
                comments += await anext(reader.events()) == COMMENT
    await client.data(STOP, id=id)


async def test_a_reader_that_takes_nothing_is_let_go_of(
    chat: Chat, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedHttp, "stall_seconds", 0.2)
    id = (await client.post("x" * 4_000_000, reply=False))["message"]["id"]
    fields = " ".join(f"m{number}: message(id: $id) {{ content }}" for number in range(20))
    body = json.dumps({"query": f"query Q($id: ID!) {{ {fields} }}", "variables": {"id": id}}).encode()
    async with at_pace(chat, client, Pace()) as (own, streams, _):
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            reader.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(reader, ("127.0.0.1", own.port))
            head = (
                f"POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {EVENT_STREAM}\r\ncontent-type: application/json\r\n"
                f"{OWNER_HEADER}: {own.owner}\r\ncontent-length: {len(body)}\r\n\r\n"
            )
            await loop.sock_sendall(reader, head.encode() + body)
            await until(lambda: len(streams) == 1)
            await until(lambda: len(streams) == 0)
            with pytest.raises(ConnectionResetError):
                while await loop.sock_recv(reader, 65_536):
                    pass


async def test_a_drain_lets_a_reader_have_the_end(chat: Chat, client: Client) -> None:
    id = str((await client.post("Hello", model="demo"))["reply"]["id"])
    async with (
        at_pace(chat, client, Pace()) as (own, streams, router),
        opened(own, FOLLOW, id=id, after=0) as reader,
    ):
        await reader.next()
        draining = asyncio.create_task(router.drain(FAR_TOO_LONG_SECONDS))
        *_, end, last = [event async for event in reader.events() if event != COMMENT]
        assert (end[1]["data"]["completion"]["message"]["status"], last) == ("COMPLETE", COMPLETE)
        await draining
        assert len(streams) == 0


async def test_a_drain_ends_what_goes_on_without_saying_that_it_is_complete(chat: Chat, client: Client) -> None:
    id = await slow_reply(client)
    async with (
        at_pace(chat, client, Pace()) as (own, streams, router),
        opened(own, FOLLOW, id=id, after=0) as reader,
    ):
        await reader.next()
        await router.drain(0)
        assert len(streams) == 0
        rest = [event async for event in reader.events()]  # to an end that HTTP knows: no broken connection
        assert COMPLETE not in rest
        answer = await own.http.post("/graphql", json={"query": "{ __typename }"}, headers={"accept": EVENT_STREAM})
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (503, "SHUTTING_DOWN")
    await client.data(STOP, id=id)


async def test_a_second_drain_hurries_the_first(chat: Chat, client: Client) -> None:
    id = await slow_reply(client)
    async with (
        at_pace(chat, client, Pace()) as (own, _, router),
        opened(own, FOLLOW, id=id, after=0) as reader,
    ):
        await reader.next()
        patient = asyncio.create_task(router.drain(3_600))
        await reader.next()
        await router.drain(0)
        await asyncio.wait_for(patient, FAR_TOO_LONG_SECONDS)
    await client.data(STOP, id=id)


async def test_a_stream_counts_as_a_socket_of_its_key(chat: Chat, client: Client) -> None:
    allowance = Allowance(KeyLimits(requests_per_second=1_000, burst=1_000, sockets=1))
    id = await slow_reply(client)

    async def by_key(*_: object) -> Identity:
        return Identity(client.owner, allowance=allowance)

    async with at_pace(chat, client, Pace(), by_key) as (own, streams, _):
        async with opened(own, FOLLOW, id=id, after=0) as first:
            await first.next()
            async with opened(own, FOLLOW, id=id, after=0) as second:
                assert second.response.status_code == 429
                (error,) = json.loads(await second.response.aread())["errors"]
                assert error["extensions"]["code"] == "RATE_LIMITED"
        await until(lambda: len(streams) == 0)
        async with opened(own, FOLLOW, id=id, after=0) as third:
            assert (await third.next())[0] == "next"
    await client.data(STOP, id=id)


async def test_a_stream_ends_when_its_key_is_revoked(chat: Chat, client: Client) -> None:
    id = await slow_reply(client)
    revoked = asyncio.Event()

    async def by_key(*_: object) -> Identity:
        if revoked.is_set():
            raise Unauthenticated
        return Identity(client.owner, until=asyncio.get_running_loop().time() + 0.05)

    async with (
        at_pace(chat, client, Pace(), by_key) as (own, streams, _),
        opened(own, FOLLOW, id=id, after=0) as reader,
    ):
        await reader.next()
        revoked.set()
        assert COMPLETE not in [event async for event in reader.events()]
        await until(lambda: len(streams) == 0)
    await client.data(STOP, id=id)


@pytest.mark.parametrize("pace", [Pace(), Pace(keep_alive=0.001)])
async def test_keep_alives_stand_between_events_and_never_within(chat: Chat, client: Client, pace: Pace) -> None:
    id = (await client.post("Hello", model="demo"))["reply"]["id"]
    async with at_pace(chat, client, pace) as (own, *_), opened(own, FOLLOW, id=id, after=0) as reader:
        said = [event async for event in reader.events()]
    told = [data["data"]["completion"] for name, data in said if name == "next"]
    assert "".join(each.get("content", "") for each in told) == told[-1]["message"]["content"]
