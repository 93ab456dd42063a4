"""How long a stream waits for its client."""

from __future__ import annotations

from dataclasses import dataclass

from app.api.graphql import limits


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    keep_alive: float = limits.SSE_KEEP_ALIVE_SECONDS
    close_deadline: float = limits.CLOSE_DEADLINE_SECONDS
