"""A watch of a reply in the mirror of its log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any

from app.chat.events import CompletionEvent, Delta
from app.chat.watch import Watch
from app.log.cursor import Cursor


class MirrorWatch(Watch):
    """Args:
    cursor: which is also that of the events.
    events: tells all that the cursor comes to. While they are open, the mirror is kept.
    """

    __slots__ = ("_cursor", "_events")

    def __init__(self, cursor: Cursor, events: AsyncGenerator[CompletionEvent, None]) -> None:
        self._cursor = cursor
        self._events = events

    def take(self) -> Delta | None:
        return self._cursor.delta()

    @property
    def idle(self) -> bool:
        return self._cursor.idle

    def listen(self, listener: Callable[[], None]) -> None:
        self._cursor.mirror.listeners.add(listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        self._cursor.mirror.listeners.discard(listener)

    def __anext__(self) -> Any:
        return self._events.__anext__()

    def asend(self, value: None) -> Any:
        return self._events.asend(value)

    def athrow(self, *raised: Any) -> Any:
        return self._events.athrow(*raised)

    def aclose(self) -> Any:
        return self._events.aclose()
