"""Readers who take less than is said: nothing is lost to them, and little of it is stale."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.api.graphql.websocket.connection import Connection
from app.api.graphql.websocket.pace import Pace
from app.chat.service import Chat
from app.server.websocket import BoundedWebSocket
from tests.api.graphql.client import ACK, ANSWER_SECONDS, FOLLOW, INIT, OWNER_HEADER, Client, Json, Socket
from tests.api.graphql.websocket.test_connection import at_pace
from tests.server.frames import TEXT, client_frame
from tests.upstream.script import Script

STATUS = "query Q($id: ID!) { message(id: $id) { status } }"
SCRIPT = Script(text="words " * 60, deltas=1, repeat=800, per_second=1_000)
FEW_CHARACTERS = 64 * 1024
"""More than is kept ready for a reader, far less than the script has, or systems would take."""


@asynccontextmanager
async def narrow(client: Client) -> AsyncGenerator[sockets.socket]:
    """A socket for which the reader's own system holds very little, as a slow network would."""
    with sockets.socket() as raw:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", client.port))
        yield raw


@asynccontextmanager
async def narrow_socket(client: Client) -> AsyncGenerator[Socket]:
    async with (
        narrow(client) as raw,
        connect(
            f"ws://127.0.0.1:{client.port}/graphql",
            sock=raw,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            additional_headers={OWNER_HEADER: client.owner},
        ) as connection,
    ):
        socket = Socket(connection)
        await socket.send(INIT)
        assert await socket.receive() == ACK
        yield socket


async def until_complete(client: Client, id: str) -> None:
    async with asyncio.timeout(ANSWER_SECONDS):
        while (await client.data(STATUS, id=id))["message"]["status"] == "STREAMING":
            await asyncio.sleep(0.01)


async def test_what_gathers_while_a_reader_does_not_read_is_joined(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedWebSocket, "stall_seconds", ANSWER_SECONDS)
    async with narrow_socket(client) as socket:
        id = (await client.post(SCRIPT.prompt(), model="upstream"))["reply"]["id"]
        await socket.subscribe("1", FOLLOW, id=id, after=0)
        first = (await socket.receive())["payload"]["data"]["completion"]
        socket.connection.transport.pause_reading()
        await until_complete(client, id)
        socket.connection.transport.resume_reading()
        *deltas, end = [each["data"]["completion"] for each in await socket.payloads("1")]
    assert first["content"] + "".join(each["content"] for each in deltas) == SCRIPT.whole_text()
    assert end["message"]["status"] == "COMPLETE"
    seqs = [each["seq"] for each in (first, *deltas)]
    assert seqs == sorted(set(seqs))
    assert written_ahead(deltas) < FEW_CHARACTERS


async def test_one_who_keeps_up_is_sent_text_by_whoever_commits_it_and_only_the_rest_by_a_task(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    send = Connection._send

    async def noted(self: Connection, message: Mapping[str, Any]) -> None:
        sent.append(message["type"])
        await send(self, message)

    monkeypatch.setattr(Connection, "_send", noted)
    script = Script(text="word ", repeat=50, per_second=200)
    async with client.socket() as socket:
        id = (await client.post(script.prompt(), model="upstream"))["reply"]["id"]
        await socket.subscribe('"1', FOLLOW, id=id, after=0)
        *deltas, end = [each["data"]["completion"] for each in await socket.payloads('"1')]
    assert "".join(each["content"] for each in deltas) == script.whole_text()
    assert end["message"]["status"] == "COMPLETE"
    assert sent.count("next") <= 3 < len(deltas)  # the first event and the last, and perhaps one in between


def written_ahead(deltas: list[Json]) -> int:
    """The characters that were written while there was room. The last three are the delta that took the room, the one
    that waited for it, and all that gathered meanwhile.
    """
    return sum(len(each["content"]) for each in deltas[:-3])


async def test_a_ping_that_is_behind_much_text_need_not_be_answered_before_it_is_read(
    chat: Chat, client: Client
) -> None:
    big = (await client.post("x" * 100_000, reply=False))["message"]["id"]
    pace = Pace(ping_interval=0.5, pong_deadline=0.5)
    said = [INIT, {"type": "subscribe", "id": "1", "payload": {"query": f'{{message(id:"{big}"){{content}}}}'}}]
    loop = asyncio.get_running_loop()
    async with at_pace(chat, client, pace) as (own, _), narrow(own) as raw, asyncio.timeout(ANSWER_SECONDS):
        await loop.sock_sendall(raw, handshake(own))
        await read_until(raw, b"\r\n\r\n")
        await loop.sock_sendall(raw, b"".join(client_frame(TEXT, encoded(each)) for each in said))
        while b"xxx" not in (part := await loop.sock_recv(raw, 1_000)):
            if b'{"type":"ping"}' in part:
                await loop.sock_sendall(raw, client_frame(TEXT, encoded({"type": "pong"})))
        await asyncio.sleep(3 * (pace.ping_interval + pace.pong_deadline))
        await read_until(raw, b'{"type":"ping"}')
        await loop.sock_sendall(raw, client_frame(TEXT, encoded({"type": "ping"})))
        await read_until(raw, b'{"type":"pong"}')


async def read_until(raw: sockets.socket, wanted: bytes) -> None:
    read = b""
    while wanted not in read:
        part = await asyncio.get_running_loop().sock_recv(raw, 65_536)
        assert part, "the server has closed the socket"
        read = read[-len(wanted) :] + part


def encoded(message: Json) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def handshake(client: Client) -> bytes:
    return (
        "GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"sec-websocket-protocol: graphql-transport-ws\r\n{OWNER_HEADER}: {client.owner}\r\n\r\n"
    ).encode()
