"""What a search finds: messages, how well they match, and where."""

from __future__ import annotations

from dataclasses import dataclass

from app.chat.identifiers import MessageId
from app.chat.records import Message


@dataclass(frozen=True, slots=True)
class SearchKey:
    """Where a hit stands among the others: best first, of equals the newest. Neither part ever changes.

    Args:
        rank: finite, not negative, and as precise as a single-precision float.
    """

    rank: float
    id: MessageId


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an excerpt.

    Args:
        match: whether the query asked for it.
    """

    text: str
    match: bool = False


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A message that was found.

    Args:
        rank: more, closer together and in a shorter text is more; only good to compare hits of one query.
        excerpt: what of the message shows best why it was found.
    """

    message: Message
    rank: float
    excerpt: tuple[Span, ...]

    @property
    def key(self) -> SearchKey:
        return SearchKey(self.rank, self.message.id)
