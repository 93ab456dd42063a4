"""What is written to a connection within one turn of the event loop, in as few calls of the system as that allows."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from app.server.turn import Turn

MOST_GATHERED_BYTES: Final = 4 * 1024
"""What is more goes on to the transport at once, which knows when it is too much."""


class GatheredWrites:
    """A transport that writes the first piece of a turn at once, so that nothing is older for it, and what follows in
    the same turn together, when all that was ready has run. A call of the system is dearer than making what it sends.

    Nothing overtakes: whatever else happens to the transport happens after what was written before.
    """

    __slots__ = ("_gathered", "_gathered_bytes", "_transport", "_turn", "_written_in")

    def __init__(self, transport: asyncio.Transport, turn: Turn) -> None:
        self._transport = transport
        self._turn = turn
        self._written_in = 0
        """The last turn in which something was written at once."""
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        number = self._turn.number
        if self._written_in != number:
            self._written_in = number
            self._transport.write(data)
            return
        if not self._gathered:
            self._turn.at_end(self.flush)
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        if self._gathered_bytes > MOST_GATHERED_BYTES:
            self.flush()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._gathered.clear()
        self._gathered_bytes = 0
        self._transport.abort()

    def get_write_buffer_size(self) -> int:
        return self._gathered_bytes + self._transport.get_write_buffer_size()

    def flush(self) -> None:
        """Before the transport is closed by itself, as at the end of what its client says."""
        if self._gathered:
            gathered = b"".join(self._gathered)
            self._gathered.clear()
            self._gathered_bytes = 0
            if not self._transport.is_closing():
                self._transport.write(gathered)
