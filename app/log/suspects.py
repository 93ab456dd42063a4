"""Writers whose lease has run out, and which of them have been silent for long enough to be dead. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.chat.identifiers import WriterId


class Suspects:
    """Whoever lives, and was merely held up, renews within a beat and the time that a beat may take: its connection may
    have hung once, and as everybody's when the database stood still.

    Args:
        patience_seconds: from the moment when a lease was first found to have run out, by the caller's own clock.
    """

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        self._found: dict[WriterId, tuple[datetime, float]] = {}

    def silent(self, run_out: Mapping[WriterId, datetime], now: float) -> list[WriterId]:
        """Those that are to be dismissed.

        Args:
            run_out: all whose lease has run out, and when; one that has renewed since is another suspicion.
            now: in seconds, by a clock that never goes back.
        """
        found: dict[WriterId, tuple[datetime, float]] = {}
        for id, until in run_out.items():
            before, since = self._found.get(id, (until, now))
            found[id] = (until, since if before == until else now)
        self._found = found
        return [id for id, (_, since) in found.items() if now - since >= self._patience_seconds]
