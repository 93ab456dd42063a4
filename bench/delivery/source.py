"""Where a peer's deltas come from: made in its own process, at a rate or as fast as they are taken.

yoga.mjs has the same, to the letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bench.delivery.stamp import now_us, stamped

BURST: Final = 10
"""How many deltas a source without a rate has ready for a reader in each turn of the event loop."""

TICK_SECONDS: Final = 0.001
PUNCTUAL_US: Final = 2_000
"""How late a tick may be by the timer's own fault. What is later was held up by the work of the server, and is stamped
with the time at which it was due: a server cannot look young by being too busy to produce.
"""

Numbered = AsyncGenerator[tuple[int, str], None]
"""`seq` and text of deltas; its end is the end of the reply."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a source is to produce.

    Args:
        per_second: deltas of all replies together; None is as many as are taken.
    """

    seconds: float
    per_second: float | None = None


class Feed(Protocol):
    """One reply."""

    @property
    def idle(self) -> bool:
        """Whether its readers have taken all there is."""
        ...

    def put(self, text: str) -> None: ...

    def end(self) -> None: ...


class Source:
    """Args:
    feed: makes a reply; there is one for each id that somebody reads.
    """

    def __init__(self, feed: Callable[[], Feed]) -> None:
        self._feed = feed
        self._feeds: dict[str, Feed] = {}
        self._readers = 0
        self._came = asyncio.Event()

    def reply(self, id: str) -> Feed:
        """For one more reader."""
        self._readers += 1
        self._came.set()
        feed = self._feeds.get(id)
        if feed is None:
            feed = self._feeds[id] = self._feed()
        return feed

    def read(self, id: str) -> Numbered:
        """Of a source that makes streams."""
        stream = self.reply(id)
        assert isinstance(stream, Stream)
        return stream.read()

    async def readers(self, wanted: int) -> None:
        """Returns when so many have come."""
        while self._readers < wanted:
            self._came.clear()
            await self._came.wait()

    async def run(self, order: Order) -> int:
        """Produces for all replies that are read, ends them, and gives the number of deltas."""
        feeds = [*self._feeds.values()]
        sent = await (_unlimited(feeds, order.seconds) if order.per_second is None else _paced(feeds, order))
        for feed in feeds:
            feed.end()
        self._feeds, self._readers = {}, 0
        return sent


class Stream:
    """A reply with one reader. It keeps what the reader has not taken.

    Args:
        joined: the reader gets all that waits for it as one delta.
    """

    def __init__(self, *, joined: bool = False) -> None:
        self._joined = joined
        self._waiting: list[str] = []
        self._ended = False
        self._wanted: asyncio.Future[None] | None = None

    @property
    def idle(self) -> bool:
        return self._wanted is not None and not self._waiting

    def put(self, text: str) -> None:
        self._waiting.append(text)
        self._wake()

    def end(self) -> None:
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._wanted and not self._wanted.done():
            self._wanted.set_result(None)

    async def read(self) -> Numbered:
        seq = 0
        while True:
            if self._waiting:
                taken, self._waiting = self._waiting, []
                for text in ["".join(taken)] if self._joined else taken:
                    seq += len(taken) if self._joined else 1
                    yield seq, text
            elif self._ended:
                return
            else:
                self._wanted = asyncio.get_running_loop().create_future()
                await self._wanted
                self._wanted = None


async def _unlimited(feeds: Sequence[Feed], seconds: float) -> int:
    sent = 0
    end_us = now_us() + seconds * 1e6
    while (now := now_us()) < end_us:
        text = stamped(now)
        for feed in feeds:
            if feed.idle:
                for _ in range(BURST):
                    feed.put(text)
                sent += BURST
        await asyncio.sleep(0)
    return sent


async def _paced(feeds: Sequence[Feed], order: Order) -> int:
    """The replies take turns, so they are evenly spread over time."""
    assert order.per_second
    each_us = 1e6 / order.per_second
    total, sent, began_us = int(order.per_second * order.seconds), 0, now_us()
    while sent < total:
        await asyncio.sleep(TICK_SECONDS)
        now = now_us()
        for number in range(sent, min(total, int((now - began_us) / each_us))):
            feeds[number % len(feeds)].put(stamped(min(now, int(began_us + number * each_us) + PUNCTUAL_US)))
            sent = number + 1
    return sent
