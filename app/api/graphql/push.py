"""The text of a watch, written by whoever tells of it and not by a task that waits for it."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from app.api.graphql.presented_events import PresentedEvents
from app.api.graphql.selection.generated_function import Completion
from app.api.graphql.shared_payload import shared_payload
from app.chat.watch import Watch


class Outlet(Protocol):
    """A client to whom can be written without waiting."""

    @property
    def has_room(self) -> bool:
        """Whether it is open, and its reader keeps up."""
        ...

    def write_text(self, text: bytes) -> None:
        """A whole message; to be called while there is room."""
        ...


class Push:
    """Writes what is told until something is to be waited for: an event that is no text, text that is not the same for
    all who select this of it, or room. What comes while there is none is not taken, so that it is joined.

    Args:
        before, after: of each message, what stands around the value of the field.
    """

    __slots__ = ("_after", "_before", "_completion", "_outlet", "_over", "_payload", "_present", "_watch", "left")

    def __init__(
        self,
        watch: Watch,
        events: PresentedEvents,
        completion: Completion,
        outlet: Outlet,
        before: bytes,
        after: bytes,
    ) -> None:
        self._watch = watch
        self._present = events.present
        self._completion = completion
        self._payload = shared_payload(completion)
        self._outlet = outlet
        self._before = before
        self._after = after
        self._over = asyncio.get_running_loop().create_future()
        self.left: tuple[Any, ...] = ()
        """The event that was taken and not written, presented."""

    async def run(self) -> None:
        listener = self._told
        self._watch.listen(listener)
        try:
            listener()
            await self._over
        finally:
            self._watch.unlisten(listener)

    def _told(self) -> None:
        if self._over.done():  # its task may have been cancelled in this very turn
            return
        if self._outlet.has_room and (delta := self._watch.take()):
            try:
                payload = self._payload.of(delta, self._present, self._completion)
                self._outlet.write_text(self._before + payload + self._after)
            except Exception:
                self.left = (self._present(delta),)
        if self.left or not self._watch.idle:
            self._over.set_result(None)
