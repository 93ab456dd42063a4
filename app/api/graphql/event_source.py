"""A subscription's events, shared by graphql-core and whoever can do without it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any, Self

from app.api.graphql.presented_events import PresentedEvents
from app.api.graphql.push import Outlet, Push
from app.api.graphql.selection.execution import Execution
from app.api.graphql.selection.foreseen import Unknown
from app.api.graphql.selection.generated_function import Completion
from app.chat.watch import Watch


class EventSource:
    """What graphql-core iterates in place of the source, from which others may take events that generated code
    completes. In between graphql-core and Strawberry have six generators and coroutines for each event, which take
    longer than all the rest of it.

    Whatever is not as usual is graphql-core's: an event that generated code does not complete, an error of the source
    and its end come to it as if nobody else had looked.

    Args:
        name: of the root field, in the response.
        completion: of that field, of which an event is the value. What it raises says that the event is graphql-core's.
        execution: of the subscription.
    """

    __slots__ = ("_completion", "_error", "_events", "_execution", "_given_back", "_name")

    def __init__(self, events: AsyncIterable[Any], name: str, completion: Completion, execution: Execution) -> None:
        self._events = aiter(events)
        self._name = name
        self._completion = completion
        self._execution = execution
        self._given_back: tuple[Any, ...] = ()
        self._error: Exception | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._given_back:
            (event,), self._given_back = self._given_back, ()
            return event
        if self._error:
            error, self._error = self._error, None
            raise error
        return await anext(self._events)

    async def aclose(self) -> None:
        if isinstance(self._events, AsyncGenerator | PresentedEvents):
            await self._events.aclose()

    async def push(self, outlet: Outlet, before: str, after: str) -> None:
        """Writes responses to where nothing has to be waited for, as soon as there are any. Returns when the next one
        is to be taken otherwise. To be called whenever `completed` could be.

        Args:
            before, after: of each message, what stands around the response.
        """
        events = self._events
        if self._given_back or not isinstance(events, PresentedEvents) or not isinstance(events.source, Watch):
            return
        before, after = f'{before}{{"data":{{"{self._name}":', "}}" + after
        push = Push(events.source, events, self._completion, outlet, before.encode(), after.encode())
        await push.run()
        self._given_back = push.left

    async def completed(self) -> AsyncGenerator[dict[str, Any], None]:
        """The data of each event, up to the first thing that is graphql-core's. To be taken while graphql-core waits
        for its next response to be asked for.
        """
        try:
            while not self._given_back:
                event = await anext(self._events)
                try:
                    data = {self._name: await self._completed(event)}
                except Exception:
                    self._given_back = (event,)
                    return
                yield data
        except StopAsyncIteration:
            return
        except Exception as error:
            self._error = error

    async def _completed(self, event: Any) -> Any:
        if isinstance(self._events, PresentedEvents):
            try:
                return self._completion(event, self._execution)
            except Unknown:
                await self._events.learn(event)
        return self._completion(event, self._execution)


class Following:
    """A context of operations, where a subscription's executor leaves its source if others may take from it."""

    events: EventSource | None = None
