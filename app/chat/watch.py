"""A reply that is watched."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Callable

from app.chat.events import CompletionEvent, Delta


class Watch(AsyncGenerator[CompletionEvent, None]):
    """What a watcher is told. Between one event that is asked for and the next, text may be taken without waiting: to
    wake a task for each event takes longer than all that is done with it.
    """

    @abstractmethod
    def take(self) -> Delta | None:
        """All text that is there, joined into one: the same object for all who take the same. None if there is none,
        or if something else is to be told first.
        """

    @property
    @abstractmethod
    def idle(self) -> bool:
        """Whether there is nothing to be told yet."""

    @abstractmethod
    def listen(self, listener: Callable[[], None]) -> None:
        """Calls that, which must not raise, soon after each change from now on."""

    @abstractmethod
    def unlisten(self, listener: Callable[[], None]) -> None:
        """Does not call it again."""
