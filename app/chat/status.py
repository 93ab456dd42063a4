"""The life of a message as a table of legal moves."""

from __future__ import annotations

import enum


class MessageStatus(enum.StrEnum):
    QUEUED = "QUEUED"
    STREAMING = "STREAMING"
    COMPLETE = "COMPLETE"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    INTERRUPTED = "INTERRUPTED"

    @property
    def in_flight(self) -> bool:
        """Whether it can still change."""
        return bool(MOVES[self])

    def may_become(self, other: MessageStatus) -> bool:
        return other in MOVES[self]


MOVES: dict[MessageStatus, frozenset[MessageStatus]] = {
    MessageStatus.QUEUED: frozenset({MessageStatus.STREAMING, MessageStatus.STOPPED, MessageStatus.INTERRUPTED}),
    MessageStatus.STREAMING: frozenset(
        {MessageStatus.COMPLETE, MessageStatus.STOPPED, MessageStatus.FAILED, MessageStatus.INTERRUPTED}
    ),
    MessageStatus.COMPLETE: frozenset(),
    MessageStatus.STOPPED: frozenset(),
    MessageStatus.FAILED: frozenset(),
    MessageStatus.INTERRUPTED: frozenset(),
}
