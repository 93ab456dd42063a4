"""The REST completions that are being answered, so that a stop of the server ends them in order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from app.chat.errors import ShuttingDown

LAST_EVENT_SECONDS: Final = 1.0
"""How long a reader has to take the event that says why its stream ends."""


class Interruptible(Protocol):
    def interrupt(self, error: Exception) -> None:
        """Ends it: its reader gets what is there already, then the error."""
        ...


class InFlight:
    def __init__(self) -> None:
        self._entered: set[Interruptible] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def enter(self, completion: Interruptible) -> None:
        self._entered.add(completion)
        self._empty.clear()

    def leave(self, completion: Interruptible) -> None:
        self._entered.discard(completion)
        if not self._entered:
            self._empty.set()

    async def drain(self, grace_seconds: float) -> None:
        """Lets them finish within the grace period; the rest end with ShuttingDown. May be called again to hurry."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), grace_seconds)
        for completion in self._entered:
            completion.interrupt(ShuttingDown())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), LAST_EVENT_SECONDS)
