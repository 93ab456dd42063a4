"""What a client has said and the application has not yet heard."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any


class Inbox:
    """As much of an `asyncio.Queue` as an ASGI server needs, for one reader; a queue is 3 KB, even an empty one."""

    __slots__ = ("_messages", "_reader")

    def __init__(self) -> None:
        self._messages: list[MutableMapping[str, Any]] = []
        self._reader: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    def empty(self) -> bool:
        return not self._messages

    def put_nowait(self, message: MutableMapping[str, Any]) -> None:
        self._messages.append(message)
        if self._reader and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> Any:
        """Waits for a message where there is none."""
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._messages.pop(0)
