"""A server that lets finish what runs while sockets are still open."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from types import FrameType

import uvicorn

from app.server.http import BoundedHttp
from app.server.turn import Turn
from app.server.websocket import BoundedWebSocket

logger = logging.getLogger("parley")

LAST_WORDS_SECONDS = 1
"""How long connections may take to close once every reply has its end."""


class Server(uvicorn.Server):
    """Drains on the first SIGTERM or SIGINT, before uvicorn closes connections; a second one ends the grace period.

    uvicorn waits for its connections before it tells the application, so an open stream would hold up the very thing
    that ends it; and it raises the signal once more at the end, so that a clean stop would not exit 0.

    To be made within the event loop that it serves in. Its connections are BoundedHttp and BoundedWebSocket.

    Args:
        drain: refuses new work and returns when everything that runs has its end. Cancelled by a second signal,
            `hurry` is awaited instead.
    """

    def __init__(
        self, config: uvicorn.Config, *, drain: Callable[[], Awaitable[None]], hurry: Callable[[], Awaitable[None]]
    ) -> None:
        config.timeout_graceful_shutdown = LAST_WORDS_SECONDS
        config.http = BoundedHttp
        loop = asyncio.get_running_loop()
        config.ws = partial(BoundedWebSocket, turn=Turn(loop))  # type: ignore[assignment]  # it is only called
        config.ws_ping_interval = None  # graphql-transport-ws has pings of its own
        # A delta's frame would be 15 bytes in place of 124: half, with the headers of its packet. But a socket would be
        # twice what it is, for 35 KB of windows, and to frame a delta would take 5 µs in place of 1.
        config.ws_per_message_deflate = False
        super().__init__(config)
        self._drain = drain
        self._hurry = hurry
        self._loop = loop
        self._impatient = asyncio.Event()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await self._end_all()
        except Exception:
            logger.exception("the drain failed")  # the sockets are to be closed all the same
        await super().shutdown(sockets)

    async def _end_all(self) -> None:
        draining = asyncio.ensure_future(self._drain())
        impatient = asyncio.ensure_future(self._impatient.wait())
        await asyncio.wait([draining, impatient], return_when=asyncio.FIRST_COMPLETED)
        impatient.cancel()
        if not draining.done():
            draining.cancel()
            await asyncio.wait([draining])
            await self._hurry()
        else:
            draining.result()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The handler of both signals; it does not note them, so uvicorn does not raise them again."""
        if self.should_exit:
            # A signal handler runs between two bytecodes, and the loop may be asleep: this wakes it.
            self._loop.call_soon_threadsafe(self._impatient.set)
        self.should_exit = True
