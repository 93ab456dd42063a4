"""uvicorn, with the drain that a chat service needs: what runs is let finish while sockets are still open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

LAST_WORDS_SECONDS = 2
"""How long connections may take to close once every reply has its end."""


class Server(uvicorn.Server):
    """Drains on the first SIGTERM or SIGINT, before uvicorn closes connections; a second one ends the grace period.

    uvicorn waits for its connections before it tells the application, so an open stream would hold up the very thing
    that ends it; and it raises the signal once more at the end, so that a clean stop would not exit 0.

    Args:
        drain: refuses new work and returns when everything that runs has its end. Cancelled by a second signal,
            `hurry` is awaited instead.
    """

    def __init__(
        self, config: uvicorn.Config, *, drain: Callable[[], Awaitable[None]], hurry: Callable[[], Awaitable[None]]
    ) -> None:
        config.timeout_graceful_shutdown = LAST_WORDS_SECONDS
        super().__init__(config)
        self._drain = drain
        self._hurry = hurry
        self._impatient = asyncio.Event()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        draining = asyncio.ensure_future(self._drain())
        impatient = asyncio.ensure_future(self._impatient.wait())
        await asyncio.wait([draining, impatient], return_when=asyncio.FIRST_COMPLETED)
        impatient.cancel()
        if not draining.done():
            draining.cancel()
            await self._hurry()
        await super().shutdown(sockets)
        self._captured_signals.clear()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self._impatient.set()
        self.should_exit = True
