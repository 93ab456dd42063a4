"""Readers of a stream who take nothing, and do not go away either."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from app.server.http import BoundedHttp
from tests.api.rest.asking import PATH, asking
from tests.upstream.process import Upstream
from tests.upstream.script import Script

READERS = 3


@pytest.fixture
def readers() -> Iterator[list[socket.socket]]:
    with ExitStack() as opened:
        readers = [opened.enter_context(socket.socket()) for _ in range(READERS)]
        for each in readers:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            each.setblocking(False)
        yield readers


async def ask(reader: socket.socket, server: str, said: Script) -> None:
    address, body = urlsplit(server), json.dumps(asking(said, stream=True)).encode()
    loop = asyncio.get_running_loop()
    await loop.sock_connect(reader, (address.hostname, address.port))
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (PATH.encode(), len(body))
    await loop.sock_sendall(reader, head + body)


async def read_on(reader: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(reader, 65_536):
        pass


async def test_they_hold_the_upstream_up_and_are_given_up_with_their_connections(
    server: str,
    upstream: Upstream,
    readers: list[socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(BoundedHttp, "stall_seconds", 0.5)
    before = await upstream.state()
    flood = Script(deltas=1, text="🦜" * 2_000, repeat=4_000)  # 32 MB: more than all buffers on the way can hold
    for reader in readers:
        await ask(reader, server, flood)
    abandoned = before["abandoned"] + READERS
    after = await upstream.reaches(lambda state: state["abandoned"] == abandoned)
    assert after["completed"] == before["completed"]
    for reader in readers:
        with pytest.raises(ConnectionResetError):
            await read_on(reader)
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
