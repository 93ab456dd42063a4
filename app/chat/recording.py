"""A stored reply as a recording, and the port to where recordings are kept. The adapter lives in app/log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.chat.identifiers import MessageId
from app.chat.records import CompletionError, FinishReason, Usage
from app.chat.status import MessageStatus


@dataclass(frozen=True, slots=True)
class Recording:
    """Args:
    started_at: when it began to be generated, which is after its post where it had to wait for its turn.
    ended_at: None while it is in flight, and of a message that a client has posted in the assistant's name.
    """

    id: MessageId
    status: MessageStatus
    started_at: datetime
    ended_at: datetime | None = None
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    error: CompletionError | None = None

    @property
    def duration_seconds(self) -> float:
        return self.seconds_at(self.ended_at) if self.ended_at else 0.0

    def seconds_at(self, at: datetime) -> float:
        """From its start; never negative, for a reply that was stopped before its turn came ended before it started."""
        return max(0.0, (at - self.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class RecordedDelta:
    """Args:
    at: when it was committed, to the millisecond.
    final: the end marker; it has no text, and nothing follows it.
    """

    seq: int
    at: datetime
    content: str = ""
    reasoning: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class RecordedText:
    """Part of a recording's text: some of its content, or some of its reasoning, or nothing where nothing is left.

    Args:
        characters: of the whole text, reasoning included.
    """

    content: str
    reasoning: str
    characters: int


class Recordings(Protocol):
    """Replies to be played again, read a page at a time. All methods raise StorageUnavailable."""

    async def find(self, owner: str, id: MessageId) -> Recording | None:
        """None also where it is another's, or was not said by the assistant."""
        ...

    async def deltas(self, id: MessageId, after: int) -> Sequence[RecordedDelta]:
        """The next ones after delta `after`; none where the log is not kept any more."""
        ...

    async def text(self, id: MessageId, *, content_from: int, reasoning_from: int) -> RecordedText | None:
        """What comes next after so many characters of each, reasoning first; None where the reply is gone."""
        ...
