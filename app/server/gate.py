"""Whether a connection takes what is written to it."""

from __future__ import annotations

import asyncio


class Gate:
    """As much of an `asyncio.Event` as an ASGI server needs; an event is 0.8 KB, even one that nobody waits for."""

    __slots__ = ("_opened",)

    def __init__(self) -> None:
        self._opened: asyncio.Future[None] | None = None
        """What those wait for who came while it was closed; None while it is open."""

    def is_set(self) -> bool:
        return self._opened is None

    def set(self) -> None:
        if self._opened:
            self._opened.set_result(None)
            self._opened = None

    def clear(self) -> None:
        if not self._opened:
            self._opened = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        """Returns when it has been opened, which it may be no longer then."""
        if self._opened:
            await asyncio.shield(self._opened)
