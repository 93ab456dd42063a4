"""How long a stream's next bytes are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class Patience:
    """One timer for a whole stream, which looks when it rings whether it rings too early: to set and clear one for each
    read costs as much as the reading.

    Args:
        until: when, on the loop's clock, the first bytes must have come.
    """

    def __init__(self, until: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._until = until
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0
        self._waiting: asyncio.Task[object] | None = None
        self._over = False

    def grant(self, seconds: float) -> None:
        """From now; also where there was less before."""
        self._until = self._loop.time() + seconds

    def limit(self, seconds: float) -> None:
        """From now, at most that, if not less already."""
        self._until = min(self._until, self._loop.time() + seconds)

    async def read(self, body: AsyncIterator[bytes]) -> bytes:
        """The next bytes; none at the end. What is there already is never too late.

        Raises:
            TimeoutError: nothing came in time. The body cannot be read any further.
        """
        if self._timer is None or self._until < self._rings_at:
            self._set_timer()
        task = self._waiting = asyncio.current_task(self._loop)
        assert task  # noqa: S101 - whoever awaits is one
        cancelled_before = task.cancelling()
        try:
            return await anext(body, b"")
        except asyncio.CancelledError:
            if self._over and task.uncancel() <= cancelled_before:
                raise TimeoutError from None
            raise
        finally:
            self._waiting = None

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _set_timer(self) -> None:
        self.close()
        self._rings_at = self._until
        self._timer = self._loop.call_at(self._until, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._loop.time() < self._until:
            self._set_timer()
        elif self._waiting:
            self._over = True
            self._waiting.cancel()
