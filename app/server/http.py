"""HTTP connections, whose readers may be slow, but not for ever still."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.server.bounded_writes import BoundedWrites
from app.server.corked_head import CorkedHead


class BoundedHttp(BoundedWrites, HttpToolsProtocol):
    stall_seconds = 15.0
    """Longer than on a WebSocket: programs work on what they have between two reads, and not every stream can be
    resumed.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        corked = CorkedHead(cast("asyncio.Transport", transport), self.loop)
        super().connection_made(cast("asyncio.Transport", corked))

    def eof_received(self) -> None:
        cast("CorkedHead", self.transport).flush()
        super().eof_received()

    def handle_websocket_upgrade(self) -> None:
        self.transport = cast("CorkedHead", self.transport).uncorked
        super().handle_websocket_upgrade()

    def timeout_keep_alive_handler(self) -> None:
        """An answer that is complete may still wait to be taken, and with it the close."""
        super().timeout_keep_alive_handler()
        self.expect_progress()
