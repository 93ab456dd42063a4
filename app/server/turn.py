"""The turns of an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger("parley.server")


class Turn:
    """The one that goes on: one for all connections, for each would else ask the loop to be told of its end."""

    __slots__ = ("_ends", "_goes_on", "_loop", "_number")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._number = 0
        self._goes_on = False
        self._ends: list[Callable[[], object]] = []

    @property
    def number(self) -> int:
        """From 1; another one when all that was ready when it was first asked for has run."""
        if not self._goes_on:
            self._goes_on = True
            self._number += 1
            self._loop.call_soon(self._end)
        return self._number

    def at_end(self, then: Callable[[], object]) -> None:
        """Calls that, before anything that is ready only then. To be asked for in a turn whose number was asked for."""
        self._ends.append(then)

    def _end(self) -> None:
        self._goes_on = False
        ends, self._ends = self._ends, []
        for each in ends:
            try:
                each()
            except Exception:
                logger.exception("the end of a turn is another's, too")
