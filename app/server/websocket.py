"""WebSocket connections, of which neither direction holds more than a little, nor any one client up the others."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, cast

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN

from app.server.bounded_writes import BoundedWrites
from app.server.gate import Gate
from app.server.gathered_writes import GatheredWrites
from app.server.inbox import Inbox
from app.server.text_frame import text_frame
from app.server.turn import Turn

TURN_BYTES: Final = 4 * 1024
"""What of a client's is looked at before others have their turn. One read may bring 256 KB, which is 10,000 messages:
a tenth of a second for all others, and 4 MB of them in the queue.
"""

_logger = logging.getLogger("uvicorn.websocket")
"""In place of `uvicorn.error`, in which each handshake would be a line."""


class BoundedWebSocket(BoundedWrites, WebSocketsSansIOProtocol):
    """Reads from its client only while the application is through with what it has been told, and while the answers to
    its pings are taken: they would otherwise fill memory without end.

    Args:
        turn: of the loop, for all connections.
    """

    stall_seconds = 5.0
    """Who comes back after it gets what it has missed."""

    def __init__(self, *given: Any, turn: Turn, **named: Any) -> None:
        super().__init__(*given, **named)
        self._turn = turn
        self.logger = self.conn.logger = _logger
        self.writable = Gate()  # type: ignore[assignment]  # and of an Event
        self.queue = Inbox()  # type: ignore[assignment]  # it has what uvicorn uses of a Queue
        self._unread = bytearray()
        self._turn_comes = False
        self._pong_waits = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        gathered = GatheredWrites(cast("asyncio.Transport", transport), self._turn)
        super().connection_made(cast("asyncio.Transport", gathered))

    def eof_received(self) -> None:
        cast("GatheredWrites", self.transport).flush()
        super().eof_received()

    def data_received(self, data: bytes) -> None:
        if self._unread:
            self._unread += data
        elif len(data) <= TURN_BYTES:
            super().data_received(data)
        else:
            self._unread += data
            self._read_on()

    def _read_on(self) -> None:
        """Looks at a turn's worth of what has been received, and leaves the rest for the next turn."""
        self._turn_comes = False
        if self.transport.is_closing():
            self._unread.clear()
        if self._unread and self._may_read:
            turn = bytes(self._unread[:TURN_BYTES])
            del self._unread[:TURN_BYTES]
            super().data_received(turn)
        self._pace()

    @property
    def _may_read(self) -> bool:
        return not self.read_paused and not self._pong_waits

    def _pace(self) -> None:
        """Reads more, or waits for what has to come first: those who pause see to it that it is called again."""
        if self.transport.is_closing():
            return
        if not self._may_read or self._unread:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
        if self._unread and self._may_read and not self._turn_comes:
            self._turn_comes = True
            self.loop.call_soon(self._read_on)

    def handle_cont(self, event: Frame) -> None:
        """Parts without content count nothing towards the size of a message, and there may be any number of them."""
        if event.data or event.fin:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        super().handle_ping()
        if not self.writable.is_set():
            self._pong_waits = True
            self._pace()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._pong_waits:
            self._pong_waits = False
            self._pace()

    async def receive(self) -> ASGIReceiveEvent:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._pace()
        return message

    @property
    def has_room(self) -> bool:
        return self.writable.is_set() and self.conn.state is OPEN and not self.disconnected

    def write_text(self, text: bytes) -> None:
        self.transport.write(text_frame(text))

    async def send(self, message: ASGISendEvent) -> None:
        """Waits until there is room again, which another may have taken meanwhile."""
        while not self.writable.is_set():
            await self.writable.wait()
        if message["type"] == "websocket.send" and self.has_room:
            text = message.get("text")
            if text is not None:
                self.write_text(text.encode())
                return
        await super().send(message)
        if message["type"] == "websocket.accept":
            self._forget_handshake()
        elif message["type"] == "websocket.close":
            self._pace()

    def _forget_handshake(self) -> None:
        """Nobody looks at it again, and it is 4 KB. The parser keeps the request itself."""
        self.request.headers.clear()
        del self.response

    async def run_asgi(self) -> None:
        """Tells the application that it can write without waiting, which is no part of ASGI."""
        self.scope["extensions"]["parley.outlet"] = {"outlet": self}
        await super().run_asgi()
        self.scope["extensions"].clear()
        if not self.disconnected:
            self.expect_progress()
