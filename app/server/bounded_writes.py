"""What is written to a connection and not yet taken by its reader: bounded in size, and in time."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from typing import ClassVar, Final

logger = logging.getLogger("parley.server")

HIGH_WATER_BYTES: Final = 8 * 1024
"""Whoever writes waits while more than this waits to be taken by the system. Far less than the 64 KB that event loops
take for granted: what has been written is stale by the time a slow reader has it, what has not is joined.
"""

UNSENT_BYTES: Final = 8 * 1024
"""What the system takes without having sent it. By itself it takes up to 4 MB for a reader who takes nothing.

Only this is set, and not the size of the send buffer: the latter changes nothing here, but bounds what may be under way
to a reader far off, so that large answers would be slow.
"""

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: what was written and not taken is forgotten, by the system too."""


class BoundedWrites(asyncio.Protocol):
    """To be inherited before a protocol whose writers wait while the transport is full.

    A reader who takes nothing for `stall_seconds`, while something waits to be taken, is reset: a close would wait
    until everything has been taken. One who takes a little is left in peace, however slow and however much it is.
    """

    stall_seconds: ClassVar[float]
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop

    _waiting_bytes = 0
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        connection: socket.socket | None = transport.get_extra_info("socket")
        if sys.platform != "win32" and connection and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.expect_progress()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._expect_nothing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def expect_progress(self) -> None:
        """From now on the reader has to take something of what waits. To be called after a close, too: little enough
        waits then that nobody has been told to pause.
        """
        self._expect_nothing()
        self._waiting_bytes = self.transport.get_write_buffer_size()
        self._stall = self.loop.call_later(self.stall_seconds, self._look)

    def _expect_nothing(self) -> None:
        if self._stall:
            self._stall.cancel()
            self._stall = None

    def _look(self) -> None:
        self._stall = None
        before, now = self._waiting_bytes, self.transport.get_write_buffer_size()
        if 0 < now < before:
            self.expect_progress()
        elif now:
            client = self.transport.get_extra_info("peername")
            logger.info("a reader that took nothing was given up", extra={"client": client, "waiting_bytes": now})
            self._reset()

    def _reset(self) -> None:
        connection: socket.socket = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()
