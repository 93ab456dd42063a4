"""Keeps work of one kind from taking all connections of the pool, which is everybody's.

The pattern: https://learn.microsoft.com/en-us/azure/architecture/patterns/bulkhead
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from app.chat.errors import StorageUnavailable

Result = TypeVar("Result")


class Bulkhead:
    """Args:
    max_at_once: so much of the work is under way, in this process.
    max_at_once_of_owner: so much of one owner's; less than the above leaves room for others.
    max_wait_seconds: how long one may wait to begin.
    because: what those are told who have waited in vain.
    """

    def __init__(self, max_at_once: int, *, max_at_once_of_owner: int, max_wait_seconds: float, because: str) -> None:
        self._places = asyncio.Semaphore(max_at_once)
        self._max_at_once_of_owner = max_at_once_of_owner
        self._max_wait_seconds = max_wait_seconds
        self._because = because
        self._places_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._under_way: set[asyncio.Task[Any]] = set()

    async def run(self, owner: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What the work gives. Who goes leaves it under way, for PostgreSQL goes on with it, too.

        Raises:
            StorageUnavailable: it could not begin in time.
        """
        own = self._places_of.setdefault(owner, asyncio.Semaphore(self._max_at_once_of_owner))
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await self._enter(own)
        except TimeoutError:
            raise StorageUnavailable(self._because) from None
        task = asyncio.create_task(self._leave_after(work, own))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _enter(self, own: asyncio.Semaphore) -> None:
        """An owner's own places come first: who waits for one is in nobody else's way."""
        await own.acquire()
        try:
            await self._places.acquire()
        except BaseException:
            own.release()
            raise

    async def _leave_after(self, work: Callable[[], Coroutine[Any, Any, Result]], own: asyncio.Semaphore) -> Result:
        try:
            return await work()
        finally:
            self._places.release()
            own.release()
