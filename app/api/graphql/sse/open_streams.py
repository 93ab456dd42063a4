"""All event streams that are open, so that a stop of the server waits for none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class OpenStreams:
    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._deadline: float | None = None

    def __len__(self) -> int:
        return len(self._limits)

    @property
    def draining(self) -> bool:
        return self._deadline is not None

    async def run(self, stream: Coroutine[Any, Any, None]) -> bool:
        """Whether the stream came to its end, and was not ended by a drain."""
        try:
            async with asyncio.timeout_at(self._deadline) as limit:
                self._limits.add(limit)
                self._empty.clear()
                try:
                    await stream
                finally:
                    self._limits.discard(limit)
        except TimeoutError:
            if not limit.expired():
                raise
            return False
        finally:
            if not self._limits:
                self._empty.set()
        return True

    async def drain(self, grace_seconds: float, close_seconds: float) -> None:
        """Lets those that are open come to their end within the grace period and ends the others, which have so long
        to be gone; what is still there then is left to the server. May be called again to hurry.
        """
        self._deadline = asyncio.get_running_loop().time() + grace_seconds
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(self._deadline)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), grace_seconds + close_seconds)
