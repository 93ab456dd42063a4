"""Several completions of one request, made at the same time and told as one stream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Final, NamedTuple, Self

from app.api.rest.in_flight import InFlight
from app.chat.completion import CompletionRequest, Finish, Piece, ServedModel
from app.chat.generation import generate

MAX_WAITING_ITEMS: Final = 64
"""How far the backends may run ahead of the reader; then they wait for it."""


class ChoiceItem(NamedTuple):
    choice: int
    item: Piece | Finish


class Choices:
    """Generates while it is entered; on leaving, what still runs is cancelled and its upstream connection closed."""

    def __init__(self, served: ServedModel, requests: Sequence[CompletionRequest], in_flight: InFlight) -> None:
        self._served = served
        self._in_flight = in_flight
        self._requests = requests
        self._waiting: asyncio.Queue[ChoiceItem | Exception] = asyncio.Queue(MAX_WAITING_ITEMS)
        self._tasks: list[asyncio.Task[None]] = []
        self._unfinished = len(requests)
        self._failure: Exception | None = None

    @property
    def over(self) -> bool:
        """Whether every choice has been told with its finish."""
        return not self._unfinished

    async def __aenter__(self) -> Self:
        self._in_flight.enter(self)
        self._tasks = [asyncio.create_task(self._run(index, each)) for index, each in enumerate(self._requests)]
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

    async def ready(self, timeout_seconds: float | None = None) -> list[ChoiceItem]:
        """Everything that is there, in order; waits for the first item, or gives nothing when the time is out.

        Raises:
            BackendFailed: one of the choices failed, and all that came before was told; the others are of no use.
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
        items: list[ChoiceItem] = []
        for each in waiting:
            if isinstance(each, Exception):
                self._failure = each
                break
            self._unfinished -= isinstance(each.item, Finish)
            items.append(each)
        if self._failure and not items:
            raise self._failure
        return items

    async def _run(self, index: int, request: CompletionRequest) -> None:
        try:
            async with aclosing(generate(self._served.backend, request)) as items:
                async for item in items:
                    await self._waiting.put(ChoiceItem(index, item))
        except Exception as error:
            await self._waiting.put(error)


def choice_requests(request: CompletionRequest, n: int) -> list[CompletionRequest]:
    """The request n times, with seeds of their own if it has one: equal seeds would give equal answers."""
    seed = request.parameters.seed
    if seed is None:
        return [request] * n
    return [replace(request, parameters=replace(request.parameters, seed=seed + index)) for index in range(n)]
