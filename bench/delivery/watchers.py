"""The load client: sockets that follow a reply each, read with as little work as possible.

Every socket is checked: its text comes in order, there is as much of it as the `seq` of its end says or more (a log may
join what it commits at once), and no error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, cast

from bench.delivery.ages import Ages
from bench.delivery.stamp import now_us, stamps_us
from bench.delivery.websocket import CLOSE, HANDSHAKE, PING, PONG, TEXT, client_frame, extent, frames

DOCUMENT: Final = (
    "subscription($id: ID!) { completion(messageId: $id) { seq ... on CompletionDelta { content }"
    " ... on CompletionEnd { message { id status } } } }"
)
CONNECT_AT_ONCE: Final = 50
CONNECT_DEADLINE_SECONDS: Final = 60.0


class Tally:
    """What all sockets have seen."""

    def __init__(self, sockets: int) -> None:
        self.ages = Ages()
        self.deltas = 0
        self.frames = 0
        self.begun = 0
        """Sockets that have seen any text."""
        self._running = sockets
        self._moved = asyncio.Event()
        self._failure: Exception | None = None

    def saw(self, produced_us: Sequence[int], frames: int) -> None:
        self.ages.add(now_us(), produced_us)
        self.deltas += len(produced_us)
        self.frames += frames

    def began(self) -> None:
        self.begun += 1
        self._moved.set()

    def ended(self) -> None:
        self._running -= 1
        self._moved.set()

    def failed(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._moved.set()

    async def all_begun(self, sockets: int) -> None:
        while self.begun < sockets:
            await self._move()

    async def all_ended(self) -> None:
        """Raises:
        AssertionError: a socket broke off, or did not see what it should.
        """
        while self._running:
            await self._move()

    async def _move(self) -> None:
        self._moved.clear()
        if not self._failure:
            await self._moved.wait()
        if self._failure:
            raise self._failure


class Watcher(asyncio.Protocol):
    """One socket and its one subscription, from the handshake to `complete`."""

    def __init__(self, reply: str, tally: Tally) -> None:
        self.subscribed = asyncio.get_running_loop().create_future()
        self._reply = reply
        self._tally = tally
        self._rest = b""
        self._open = False
        self._done = False
        self._seen = 0
        self._last_us = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(HANDSHAKE)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done:
            self._fail(f"closed too early: {error!r}")

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if not self._open:
            head, whole, data = data.partition(b"\r\n\r\n")
            if not whole:
                self._rest = head
                return
            self._accepted(head)
        size, number, text_only = extent(data)
        self._rest = data[size:]
        if not size:
            return
        whole = data[:size]
        if found := stamps_us(whole):
            self._saw(found, number)
        if not text_only or whole.count(b'"next"') != number or b"CompletionEnd" in whole or b'"status"' in whole:
            self._read(whole)

    def close(self) -> None:
        self._done = True
        self._transport.abort()

    def _accepted(self, head: bytes) -> None:
        self._open = True
        if b" 101 " not in head.partition(b"\r\n")[0]:
            self._fail(f"not accepted: {head!r}")
        self._send({"type": "connection_init"})

    def _saw(self, produced_us: list[int], frames: int) -> None:
        if not self._seen:
            self._tally.began()
        if produced_us[0] < self._last_us or produced_us != sorted(produced_us):
            self._fail("deltas out of order")
        self._last_us = produced_us[-1]
        self._seen += len(produced_us)
        self._tally.saw(produced_us, frames)

    def _read(self, whole: bytes) -> None:
        """Frames among which there is something else than deltas, one by one."""
        for frame in frames(whole):
            if frame.first == TEXT:
                self._hear(json.loads(frame.payload))
            elif frame.first == PING:
                self._transport.write(client_frame(frame.payload, PONG))
            elif frame.first == CLOSE and not self._done:
                self._fail(f"closed by the server: {frame.payload!r}")

    def _hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_ack":
                payload = {"query": DOCUMENT, "variables": {"id": self._reply}}
                self._send({"id": "1", "type": "subscribe", "payload": payload})
                self.subscribed.set_result(None)
            case "ping":
                self._send({"type": "pong"})
            case "next":
                self._check(message["payload"])
            case "complete":
                self._done = True
                self._tally.ended()
            case _:
                self._fail(f"unexpected: {message}")

    def _check(self, payload: dict[str, Any]) -> None:
        event = (payload.get("data") or {}).get("completion")
        if payload.get("errors") or not event:
            self._fail(f"an error: {payload}")
        elif "message" in event and (event["seq"] > self._seen or event["message"]["status"] != "COMPLETE"):
            self._fail(f"{self._seen} deltas before {event}")

    def _send(self, message: dict[str, Any]) -> None:
        self._transport.write(client_frame(json.dumps(message).encode()))

    def _fail(self, why: str) -> None:
        self._done = True
        error = AssertionError(f"{self._reply}: {why}")
        self._tally.failed(error)
        if not self.subscribed.done():
            self.subscribed.set_exception(error)
            self.subscribed.exception()  # it is told by the tally


@asynccontextmanager
async def watching(port: int, replies: Sequence[str]) -> AsyncGenerator[Tally]:
    """A socket for each of the replies; when this yields all have asked for their subscription."""
    loop = asyncio.get_running_loop()
    tally = Tally(len(replies))
    watchers: list[Watcher] = []
    try:
        async with asyncio.timeout(CONNECT_DEADLINE_SECONDS):
            for start in range(0, len(replies), CONNECT_AT_ONCE):
                opening = [partial(Watcher, reply, tally) for reply in replies[start : start + CONNECT_AT_ONCE]]
                made = await asyncio.gather(*(loop.create_connection(each, "127.0.0.1", port) for each in opening))
                watchers += [watcher for _, watcher in made]
                await asyncio.gather(*(watcher.subscribed for _, watcher in made))
        yield tally
    finally:
        for watcher in watchers:
            watcher.close()
