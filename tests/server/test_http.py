"""What an HTTP client that does not read can make the server hold for it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from app.server.http import BoundedHttp
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
