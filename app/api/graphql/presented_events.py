"""What the domain tells, as a subscription's resolver gives it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Self


class PresentedEvents:
    """Args:
    source: may be a Watch; then others may take from it what they present themselves.
    present: makes of an event what a client is told.
    learn: reads what is foreseen for an event so presented.
    """

    __slots__ = ("learn", "present", "source")

    def __init__(
        self,
        source: AsyncGenerator[Any, None],
        present: Callable[[Any], Any],
        learn: Callable[[Any], Awaitable[object]],
    ) -> None:
        self.source = source
        self.present = present
        self.learn = learn

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return self.present(await anext(self.source))

    async def aclose(self) -> None:
        await self.source.aclose()
