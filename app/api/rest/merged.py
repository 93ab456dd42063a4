"""Several streams of one request, run at the same time and told as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Generic, NamedTuple, Self, TypeVar

from app.api.rest.in_flight import InFlight

Item = TypeVar("Item")


class ChoiceItem(NamedTuple, Generic[Item]):
    """Args:
    choice: which of the streams said it, from 0.
    """

    choice: int
    item: Item


class Merged(Generic[Item]):
    """Runs while it is entered; on leaving, what still runs is cancelled and closed.

    Args:
        last: the kind of item that each stream ends with.
        max_waiting: how far the streams may run ahead of the reader; then they wait for it.
    """

    def __init__(
        self, streams: Sequence[AsyncGenerator[Item, None]], last: type, in_flight: InFlight, *, max_waiting: int
    ) -> None:
        self._streams = streams
        self._last = last
        self._in_flight = in_flight
        self._waiting: asyncio.Queue[ChoiceItem[Item] | Exception] = asyncio.Queue(max_waiting)
        self._tasks: list[asyncio.Task[None]] = []
        self._unfinished = len(streams)
        self._failure: Exception | None = None

    @property
    def over(self) -> bool:
        """Whether every stream has been told with its last item."""
        return not self._unfinished

    async def __aenter__(self) -> Self:
        self._in_flight.enter(self)
        self._tasks = [asyncio.create_task(self._run(index, each)) for index, each in enumerate(self._streams)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._in_flight.leave(self)

    def interrupt(self, error: Exception) -> None:
        """Ends it: `ready` gives what is there already, then raises the error."""
        for task in self._tasks:
            task.cancel()
        self._tasks.append(asyncio.create_task(self._waiting.put(error)))

    async def ready(self, timeout_seconds: float | None = None) -> list[ChoiceItem[Item]]:
        """Everything that is there, in order; waits for the first item, or gives nothing when the time is out.

        Raises:
            Exception: what one of the streams raised, when all that came before was told; the others are of no use.
            ShuttingDown: the server stops.
        """
        if self._failure:
            raise self._failure
        try:
            async with asyncio.timeout(timeout_seconds):
                waiting = [await self._waiting.get()]
        except TimeoutError:
            return []
        while not self._waiting.empty():
            waiting.append(self._waiting.get_nowait())
        items: list[ChoiceItem[Item]] = []
        for each in waiting:
            if isinstance(each, Exception):
                self._failure = each
                break
            self._unfinished -= isinstance(each.item, self._last)
            items.append(each)
        if self._failure and not items:
            raise self._failure
        return items

    async def _run(self, index: int, stream: AsyncGenerator[Item, None]) -> None:
        try:
            async with aclosing(stream) as items:
                async for item in items:
                    await self._waiting.put(ChoiceItem(index, item))
        except Exception as error:
            await self._waiting.put(error)
