"""HTTP connections, whose readers may be slow, but not for ever still."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.server.bounded_writes import BoundedWrites


class BoundedHttp(BoundedWrites, HttpToolsProtocol):
    stall_seconds = 15.0
    """Longer than on a WebSocket: programs work on what they have between two reads, and not every stream can be
    resumed.
    """

    def timeout_keep_alive_handler(self) -> None:
        """An answer that is complete may still wait to be taken, and with it the close."""
        super().timeout_keep_alive_handler()
        self.expect_progress()
