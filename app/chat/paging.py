"""Pages by keyset: a cursor is the key of the item at a page's edge, so an insert neither repeats nor skips one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NewType, TypeAlias, TypeVar

from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId, MessageId, TurnId
from app.chat.records import Completion

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100

Depth = NewType("Depth", int)
"""A message's place in its branch, from 0 at the root: a key that outlives the message."""

Item = TypeVar("Item")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class ActivityKey:
    """Where a conversation stands among the others; it moves when the conversation is active, this key does not."""

    updated_at: datetime
    id: ConversationId


@dataclass(frozen=True)  # without slots: `Window[Key](…)` keeps an attribute of its own
class Window(Generic[Key]):
    """Which items: `size` from the start, or from the end if `backward`, of those between the two cursors."""

    size: int = DEFAULT_PAGE_SIZE
    backward: bool = False
    after: Key | None = None
    before: Key | None = None

    @classmethod
    def of(
        cls, *, first: int | None, last: int | None, after: Key | None = None, before: Key | None = None
    ) -> Window[Key]:
        """Raises:
        BadInput: both sizes are given, or one is negative or too large.
        """
        if first is not None and last is not None:
            raise BadInput("last", "cannot be combined with first")
        for name, size in (("first", first), ("last", last)):
            if size is not None and not 0 <= size <= MAX_PAGE_SIZE:
                raise BadInput(name, f"must be from 0 to {MAX_PAGE_SIZE}, not {size}")
        if last is not None:
            return cls(last, True, after, before)
        return cls(DEFAULT_PAGE_SIZE if first is None else first, False, after, before)


BranchQuery: TypeAlias = tuple[MessageId, Window[Depth]]
"""The last message of a branch, and which page of the messages from the root to it."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Args:
    total: how many there are on all pages, where that is known without counting.
    """

    items: Sequence[Item]
    has_next: bool
    has_previous: bool
    total: int | None = None


@dataclass(frozen=True, slots=True)
class CompletionQuery:
    """Which completions, in the order of their ids, which is that of their creation.

    The id is drawn right before the completion is committed, by the clock of the process that does. So one whose commit
    waits for another on its conversation, or whose process's clock is behind, may come to stand before a place that
    was listed already: who lists to learn of new ones begins a little before the last one seen.

    Args:
        after: the id of any completion, also of one that is gone: it names a place.
        limit: from 1 to MAX_PAGE_SIZE.
        model: of the replies, by its id.
        metadata: all of these keys have just these values.
    """

    after: TurnId | None = None
    limit: int = DEFAULT_PAGE_SIZE
    newest_first: bool = False
    model: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises:
        BadInput: the limit is out of its range.
        """
        if not 1 <= self.limit <= MAX_PAGE_SIZE:
            raise BadInput("limit", f"must be from 1 to {MAX_PAGE_SIZE}, not {self.limit}")


@dataclass(frozen=True, slots=True)
class CompletionPage:
    items: tuple[Completion, ...]
    has_more: bool
