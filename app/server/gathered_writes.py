"""What is written to a connection within one turn of the event loop, in as few calls of the system as that allows."""

from __future__ import annotations

import asyncio
from typing import Any, Final

MOST_GATHERED_BYTES: Final = 4 * 1024
"""What is more goes on to the transport at once, which knows when it is too much."""


class GatheredWrites:
    """A transport that writes the first piece of a turn at once, so that nothing is older for it, and what follows in
    the same turn together, when all that was ready has run. A call of the system is dearer than making what it sends.

    Nothing overtakes: whatever else happens to the transport happens after what was written before.
    """

    __slots__ = ("_gathered", "_gathered_bytes", "_loop", "_transport", "_turn_goes_on")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._turn_goes_on = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._turn_goes_on:
            self._turn_goes_on = True
            self._loop.call_soon(self._end_turn)
            self._transport.write(data)
            return
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

    def _end_turn(self) -> None:
        self._turn_goes_on = False
        self.flush()

    def flush(self) -> None:
        """Before the transport is closed by itself, as at the end of what its client says."""
        if self._gathered:
            gathered = b"".join(self._gathered)
            self._gathered.clear()
            self._gathered_bytes = 0
            if not self._transport.is_closing():
                self._transport.write(gathered)
