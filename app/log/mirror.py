"""One reply's log in memory, fed by the watcher and read by any number of cursors. No I/O.

Invariants:
- `seq` is dense: the mirror takes no delta but the one after its last, so a cursor never steps over a gap.
- Nothing follows the end marker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from app.chat.events import Delta

DELETED_SEQ = 2**31 - 1
"""Of the end marker of a reply that was deleted while it was in flight; no log is that long."""


class Gap(Exception):
    """A delta is missing before this one; read again from the mirror's `seq`."""


class Mirror:
    def __init__(self) -> None:
        self.loaded = False
        self.gone = False
        """There is no such reply any more."""
        self.ended = False
        self.base = 0
        """The log before this delta is no longer kept; `opening` is its text."""
        self.opening: Delta | None = None
        self.watchers = 0
        self.listeners: set[Callable[[], None]] = set()
        """Called soon after a change. They do not raise."""
        self._contents: list[str] = []
        self._reasonings: list[str | None] = []
        self._joined_from = 0
        self._joined: Delta | None = None
        """What was last asked for after that delta: most watchers are at the same place."""
        self._waiting: set[asyncio.Future[None]] = set()
        self._telling = False

    @property
    def seq(self) -> int:
        """That of the last delta here."""
        return self.base + len(self._contents)

    def feed(self, seq: int, content: str, reasoning: str | None, final: bool) -> None:
        """Takes the next row of the log; one that is here already is dropped.

        Raises:
            Gap: the row is not the next one.
        """
        if seq <= self.seq or self.ended:
            return
        if final and seq == DELETED_SEQ:
            self.gone = True
            return
        if seq != self.seq + 1:
            raise Gap
        if final:
            self.ended = True
        else:
            self._contents.append(content)
            self._reasonings.append(reasoning)

    def trimmed(self, seq: int, content: str, reasoning: str | None) -> None:
        """The reply has ended and its log is no longer kept: only its whole text is."""
        self.base, self.opening, self.ended = seq, Delta(seq, content, reasoning), True
        self._contents, self._reasonings = [], []

    def after(self, cursor: int) -> Delta:
        """All that follows the delta `cursor`, joined into one: the same object for all who are there."""
        seq, known = self.seq, self._joined
        if known is not None and self._joined_from == cursor and known.seq == seq:
            return known
        start = cursor - self.base
        joined = Delta(seq, "".join(self._contents[start:]), _join(self._reasonings[start:]))
        self._joined_from, self._joined = cursor, joined
        return joined

    async def change(self) -> None:
        """Returns after the next change. Nothing can change between a look at the mirror and this."""
        told = asyncio.get_running_loop().create_future()
        self._waiting.add(told)
        try:
            await told
        finally:
            self._waiting.discard(told)

    def tell(self) -> None:
        """Wakes everybody who waits for a change."""
        for told in self._waiting:
            if not told.done():
                told.set_result(None)
        if self.listeners and not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell_listeners)

    def _tell_listeners(self) -> None:
        self._telling = False
        for listener in tuple(self.listeners):
            listener()


def _join(parts: Sequence[str | None]) -> str | None:
    """None where there is no reasoning at all, so that clients see a field only where a model reasons."""
    return "".join(part for part in parts if part) or None
