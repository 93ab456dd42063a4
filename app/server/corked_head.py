"""The head of an HTTP answer, sent with what follows it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

_BEGINS: Final = b"HTTP/1.1 "
_ENDS: Final = b"\r\n\r\n"


class CorkedHead:
    """A transport that sends the head of an answer and what is first written after it by one call of the system, and so
    in one packet. Else its reader is woken, and takes the processor, for a head without a body.

    A head waits no longer than until all that was ready has run: a stream may begin long before its first piece. What
    looks like a head and is none waits as long, and nothing overtakes it.
    """

    __slots__ = ("_head", "_loop", "uncorked")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.uncorked = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.uncorked, name)

    def write(self, data: bytes) -> None:
        if self.uncorked.is_closing():  # uvicorn goes on with requests that a client had sent before it left
            self._head = b""
        elif self._head:
            head, self._head = self._head, b""
            self.uncorked.write(head + data)
        elif data.startswith(_BEGINS) and data.endswith(_ENDS):
            self._head = data
            self._loop.call_soon(self.flush)
        else:
            self.uncorked.write(data)

    def close(self) -> None:
        self.flush()
        self.uncorked.close()

    def abort(self) -> None:
        self._head = b""
        self.uncorked.abort()

    def get_write_buffer_size(self) -> int:
        return len(self._head) + self.uncorked.get_write_buffer_size()

    def flush(self) -> None:
        """Before the transport is closed by itself, as at the end of what its client says."""
        if self._head:
            head, self._head = self._head, b""
            if not self.uncorked.is_closing():
                self.uncorked.write(head)
