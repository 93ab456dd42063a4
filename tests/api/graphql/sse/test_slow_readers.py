"""Readers who take less than is said: nothing is lost to them, and little of it is stale."""

from __future__ import annotations

import asyncio
import json
import socket
from http.client import HTTPResponse

import pytest

from app.server.http import BoundedHttp
from tests.api.graphql.client import ANSWER_SECONDS, FOLLOW, OWNER_HEADER, Client
from tests.api.graphql.sse.reading import COMMENT, COMPLETE, EVENT_STREAM, Event, event_of
from tests.api.graphql.websocket.test_slow_readers import FEW_CHARACTERS, SCRIPT, until_complete, written_ahead


async def ask(reader: socket.socket, client: Client, id: str) -> None:
    body = json.dumps({"query": FOLLOW, "variables": {"id": id, "after": 0}})
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {EVENT_STREAM}\r\ncontent-type: application/json\r\n"
        f"{OWNER_HEADER}: {client.owner}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    await loop.sock_connect(reader, ("127.0.0.1", client.port))
    await loop.sock_sendall(reader, (head + body).encode())


def read_all(reader: socket.socket) -> list[Event]:
    reader.settimeout(ANSWER_SECONDS)
    with HTTPResponse(reader) as response:
        response.begin()
        *blocks, rest = response.read().decode().split("\n\n")
    assert rest == ""
    return [event for each in blocks if (event := event_of(each)) != COMMENT]


async def test_what_gathers_while_a_reader_does_not_read_is_joined(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedHttp, "stall_seconds", ANSWER_SECONDS)
    id = (await client.post(SCRIPT.prompt(), model="upstream"))["reply"]["id"]
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.setblocking(False)
        await ask(reader, client, id)
        await until_complete(client, id)
        *events, last = await asyncio.to_thread(read_all, reader)
    *deltas, end = [data["data"]["completion"] for _, data in events]
    assert last == COMPLETE
    assert "".join(each["content"] for each in deltas) == SCRIPT.whole_text() == end["message"]["content"]
    assert written_ahead(deltas) < FEW_CHARACTERS
