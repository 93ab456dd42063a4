"""What a watcher of a reply is told, in this order: deltas or a snapshot, then exactly one end."""

from __future__ import annotations

from dataclasses import dataclass

from app.chat.identifiers import MessageId
from app.chat.records import CompletionError, FinishReason, Usage
from app.chat.status import MessageStatus


@dataclass(frozen=True, slots=True)
class Delta:
    """Text that follows what was told before; `seq` is that of the last delta joined in it."""

    seq: int
    content: str
    reasoning: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All text up to `seq`, in place of deltas that are no longer kept."""

    seq: int
    content: str
    reasoning: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The message row is committed; nothing follows."""

    seq: int
    message_id: MessageId


CompletionEvent = Delta | Snapshot | End


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reply ended, as its writer commits it."""

    status: MessageStatus
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    error: CompletionError | None = None
