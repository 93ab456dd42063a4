"""What an HTTP client is sent, and what one that does not read can make the server hold for it."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from app.server.corked_head import CorkedHead
from app.server.http import BoundedHttp
from tests.server.frames import open_handshake
from tests.server.serving import DEADLINE_SECONDS, read_to_reset, serving

FEW_BYTES = 32 * 1024
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class Streaming:
    """Says chunk after chunk for as long as its reader is there."""

    def __init__(self) -> None:
        self.written_bytes = 0
        self.ended = threading.Event()

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()  # the request
        writing = asyncio.create_task(self._write(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        writing.cancel()
        self.ended.set()

    async def _write(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 100, "more_body": True})
            self.written_bytes += 100
            await asyncio.sleep(0)


def answering(size: int, *, parts: int = 1) -> Any:
    """At once, in so many parts of that size."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"%d" % (size * parts))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for left in reversed(range(parts)):
            await send({"type": "http.response.body", "body": b"x" * size, "more_body": left > 0})

    return app


def test_the_reader_of_a_stream_that_takes_nothing_is_reset_and_nothing_of_it_is_left(
    loop_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedHttp, "stall_seconds", 0.2)
    app = Streaming()
    with serving(app, loop_name) as served, served.connected() as client:
        client.sendall(REQUEST)
        assert app.ended.wait(DEADLINE_SECONDS)
        assert app.written_bytes < FEW_BYTES
        assert read_to_reset(client) < 2 * FEW_BYTES  # with the sizes of the chunks
        assert served.is_empty_again()


@pytest.mark.parametrize(("parts", "size"), [(1, 1_000_000), (14, 1_000)])
def test_so_is_one_that_does_not_take_an_answer(
    loop_name: str, parts: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Be it less than makes writers wait: 10 KB of the 14 are the systems'."""
    monkeypatch.setattr(BoundedHttp, "stall_seconds", 0.2)
    with serving(answering(size, parts=parts), loop_name) as served, served.connected() as client:
        client.sendall(REQUEST)
        client.recv(1)
        assert served.is_empty_again()
        assert read_to_reset(client) < FEW_BYTES


def test_a_slow_reader_is_let_finish_however_long_it_takes(loop_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHttp, "stall_seconds", 0.3)
    with serving(answering(200_000), loop_name) as served, served.connected() as client:
        client.sendall(REQUEST)
        received = 0
        while received < 200_000:
            threading.Event().wait(0.02)  # which makes it slow: two seconds for what may not stand still for 0.3
            part = client.recv(2_000)
            assert part
            received += len(part)


def test_a_small_answer_comes_at_once_with_its_head(loop_name: str) -> None:
    with serving(answering(10), loop_name) as served:
        for _ in range(20):
            with served.connected() as client:
                client.sendall(REQUEST)
                assert client.recv(4_096).endswith(b"\r\n\r\n" + b"x" * 10)


def test_the_head_of_a_stream_comes_before_there_is_anything_in_it(loop_name: str) -> None:
    async def waiting(_scope: Any, receive: Any, send: Any) -> None:
        await receive()  # the request
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()  # that the client has gone

    with serving(waiting, loop_name) as served, served.connected() as client:
        client.sendall(REQUEST)
        assert client.recv(4_096).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_head_is_not_lost_to_a_client_that_says_no_more() -> None:
    """Where the loop lets the request be answered before it tells of the end."""
    with serving(answering(10), "asyncio") as served, served.connected() as client:
        client.sendall(REQUEST.replace(b"GET", b"HEAD"))
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4_096).startswith(b"HTTP/1.1 200 OK\r\n")


def test_what_a_websocket_is_sent_does_not_go_through_what_is_for_heads(
    loop_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []

    def write(self: CorkedHead, data: bytes) -> None:
        written.append(data)
        self.uncorked.write(data)

    monkeypatch.setattr(CorkedHead, "write", write)

    async def waiting(_scope: Any, receive: Any, send: Any) -> None:
        await receive()  # the handshake
        await send({"type": "websocket.accept"})
        await receive()  # that the client has gone

    with serving(waiting, loop_name) as served, served.connected() as client:
        open_handshake(client)
    assert not written
