"""What a WebSocket client can make the server hold for it, however it reads and whatever it sends."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.server.websocket import TURN_BYTES, BoundedWebSocket
from tests.server.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameReader, client_frame, open_handshake
from tests.server.serving import DEADLINE_SECONDS, read_to_reset, serving

FEW_BYTES = 32 * 1024
"""More than the server keeps ready for a reader and this system holds for one; stock uvicorn has 2.8 MB under way."""

FLOOD_BYTES = 20_000_000


class Telling:
    """An application that says frame after frame, each with its number, to several tasks' worth of writers."""

    def __init__(self, size: int = 100, writers: int = 1) -> None:
        self._size = size
        self._writers = writers
        self.written_bytes = 0
        self.ended = threading.Event()

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._writers):
                    tasks.create_task(self._write(send))
                while (await receive())["type"] != "websocket.disconnect":
                    pass
                raise asyncio.CancelledError
        finally:
            self.ended.set()

    async def _write(self, send: Any) -> None:
        while True:
            await send({"type": "websocket.send", "text": "x" * self._size})
            self.written_bytes += self._size
            await asyncio.sleep(0)  # as one that waits for its own source does


class Listening:
    """An application that hears nothing until it is told to, and then everything."""

    def __init__(self) -> None:
        self.listen = asyncio.Event()
        self.heard: list[str] = []
        self.turns = 0

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await self.listen.wait()
        while (message := await receive())["type"] == "websocket.receive":
            self.heard.append(message["text"])
            if message["text"] == "last":
                await send({"type": "websocket.send", "text": "all heard"})


def until_blocked(write: Callable[[bytes], int], data: bytes, most: int) -> int:
    """How many bytes are written before nobody takes any more."""
    written = 0
    while written < most:
        try:
            written += write(data[written % len(data) :])
        except TimeoutError:
            return written
    return written


def test_a_reader_that_takes_nothing_is_reset_and_nothing_of_it_is_left(
    loop_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedWebSocket, "stall_seconds", 0.2)
    app = Telling()
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        assert app.ended.wait(DEADLINE_SECONDS)
        assert served.is_empty_again()
        assert app.written_bytes < FEW_BYTES
        assert read_to_reset(client) < FEW_BYTES


@pytest.mark.parametrize(("messages", "size"), [(1, 1_000_000), (18, 1_000)])
def test_so_is_one_whose_last_words_are_not_taken(
    loop_name: str, messages: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A close waits for what is before it, be it less than makes writers wait: 14 KB of the 18 are the systems'."""
    monkeypatch.setattr(BoundedWebSocket, "stall_seconds", 0.2)

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(messages):
            await send({"type": "websocket.send", "text": "x" * size})

    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        assert served.is_empty_again()
        assert read_to_reset(client) < FEW_BYTES


@pytest.mark.parametrize(("writers", "size"), [(1, 100), (100, 1_000)])
def test_a_slow_reader_is_never_far_behind(loop_name: str, writers: int, size: int) -> None:
    app = Telling(writers=writers, size=size)
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        reader = FrameReader(client, most_at_a_time=1_000)
        for _ in reader:
            assert app.written_bytes - reader.received_bytes < FEW_BYTES
            if reader.received_bytes > 10 * FEW_BYTES:
                break


def test_a_slow_reader_is_let_finish_however_long_it_takes(loop_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedWebSocket, "stall_seconds", 0.3)
    app = Telling(size=200_000)
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        received = 0
        while received < 200_000:
            threading.Event().wait(0.02)  # which makes it slow: two seconds for what may not stand still for 0.3
            received += len(client.recv(2_000))
        assert not app.ended.is_set()


def test_pings_are_not_answered_into_memory(loop_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedWebSocket, "stall_seconds", DEADLINE_SECONDS)
    ping = client_frame(PING, b"p" * 125)
    with serving(Listening(), loop_name) as served, served.connected() as client:
        open_handshake(client)
        client.settimeout(1)
        sent = until_blocked(client.send, ping, FLOOD_BYTES)
        assert sent < FLOOD_BYTES
        reader = iter(FrameReader(client))
        pongs = [next(reader) for _ in range(sent // len(ping))]
        assert set(pongs) == {(PONG, b"p" * 125)}


def test_a_client_that_says_much_is_heard_out_and_held_up_meanwhile(loop_name: str) -> None:
    app = Listening()
    word = client_frame(TEXT, b"word")
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        client.settimeout(1)
        sent = until_blocked(client.send, word, FLOOD_BYTES)
        assert sent < FLOOD_BYTES
        (connection,) = served.connections
        assert len(connection.queue) <= TURN_BYTES // len(word) + 1

        async def listen() -> None:
            app.listen.set()

        served.run(listen())
        client.settimeout(DEADLINE_SECONDS)
        client.sendall(word[len(word) - (-sent % len(word)) :] if sent % len(word) else b"")
        client.sendall(client_frame(TEXT, b"last"))
        assert next(iter(FrameReader(client))) == (TEXT, b"all heard")
        assert app.heard == ["word"] * -(-sent // len(word)) + ["last"]


def test_a_client_that_says_much_at_once_leaves_the_others_their_turns(loop_name: str) -> None:
    app = Listening()
    app.listen.set()
    flood = client_frame(TEXT, b"word") * 20_000 + client_frame(TEXT, b"last")
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        (connection,) = served.connections

        async def turns() -> int:
            """As if one read had brought all of it, which no socket can be made to do."""
            connection.data_received(flood)
            count = 0
            while "last" not in app.heard:
                count += 1
                await asyncio.sleep(0)
            return count

        assert served.run(turns()) > len(flood) // TURN_BYTES


def test_a_message_larger_than_a_turn_comes_whole(loop_name: str) -> None:
    app = Listening()
    app.listen.set()
    said = "x" * 1_000_000
    frame = b"\x81\xff" + len(said).to_bytes(8) + b"\0\0\0\0" + said.encode()
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        client.sendall(frame + client_frame(TEXT, b"last"))
        assert next(iter(FrameReader(client))) == (TEXT, b"all heard")
        assert app.heard == [said, "last"]


def test_parts_of_a_message_that_are_empty_are_not_kept(loop_name: str) -> None:
    app = Listening()
    app.listen.set()
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        part = bytes([CONTINUATION]) + client_frame(CONTINUATION)[1:]
        client.sendall(bytes([TEXT]) + client_frame(TEXT, b"la")[1:] + part * 10_000 + client_frame(PING))
        assert next(iter(FrameReader(client))) == (PONG, b"")
        (connection,) = served.connections
        assert connection.frames == [b"la"]
        client.sendall(client_frame(CONTINUATION, b"st"))
        assert next(iter(FrameReader(client))) == (TEXT, b"all heard")


def test_a_close_is_answered_also_amidst_a_flood(loop_name: str) -> None:
    app = Listening()
    app.listen.set()
    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        client.sendall(client_frame(TEXT, b"word") * 5_000 + client_frame(CLOSE, b"\x03\xe8"))
        assert next(iter(FrameReader(client))) == (CLOSE, b"\x03\xe8")
        assert served.is_empty_again()
    assert len(app.heard) == 5_000


def test_a_message_is_on_its_way_before_the_application_does_anything_else(loop_name: str) -> None:
    """What it says in the same turn after that comes behind it, and before the end."""
    arrived = threading.Event()

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.sleep(0)
        await send({"type": "websocket.send", "text": "first"})
        assert arrived.wait(DEADLINE_SECONDS)  # holds the loop up, so that nothing else can send it
        for number in range(100):
            await send({"type": "websocket.send", "text": f"{number}" * 100})
        await send({"type": "websocket.send", "bytes": b"of another kind"})
        await send({"type": "websocket.close"})

    with serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        reader = iter(FrameReader(client))
        assert next(reader) == (TEXT, b"first")
        arrived.set()
        assert [next(reader) for _ in range(100)] == [(TEXT, f"{number}".encode() * 100) for number in range(100)]
        assert next(reader) == (BINARY, b"of another kind")
        assert next(reader) == (CLOSE, b"\x03\xe8")


def test_handshakes_have_a_log_of_their_own(loop_name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Which ours leaves out, as it does uvicorn's for requests: tests/test_logs.py."""
    app = Listening()
    app.listen.set()
    with caplog.at_level(logging.INFO), serving(app, loop_name) as served, served.connected() as client:
        open_handshake(client)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    who = {each.name for each in caplog.records if "accepted" in (text := each.getMessage()) or "connection" in text}
    assert who == {"uvicorn.websocket"}


def test_what_was_written_reaches_a_client_that_has_ended_its_own_side(loop_name: str) -> None:
    ended = threading.Event()

    async def answers(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        ended.wait(DEADLINE_SECONDS)  # nothing is read before the next turn, which finds the end
        for number in range(9):
            await send({"type": "websocket.send", "text": str(number)})
        await receive()

    with serving(answers, loop_name) as served, served.connected() as client:
        open_handshake(client)
        client.sendall(client_frame(TEXT, b"?"))
        client.shutdown(socket.SHUT_WR)
        ended.set()
        frames = iter(FrameReader(client))
        assert [next(frames) for _ in range(9)] == [(TEXT, b"%d" % number) for number in range(9)]
