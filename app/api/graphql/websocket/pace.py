"""How long a connection waits for its client."""

from __future__ import annotations

from dataclasses import dataclass

from app.api.graphql import limits


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    init_deadline: float = limits.INIT_DEADLINE_SECONDS
    ping_interval: float = limits.PING_INTERVAL_SECONDS
    pong_deadline: float = limits.PONG_DEADLINE_SECONDS
    close_deadline: float = limits.CLOSE_DEADLINE_SECONDS
