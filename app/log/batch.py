"""What has gathered between two flushes, and its numbering. No I/O.

Invariants:
- Text gathered for one reply between two flushes becomes one delta; once numbered, a delta never changes.
- A reply's numbers are dense from 1; its end marker is the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from app.chat.events import Outcome
from app.chat.identifiers import MessageId
from app.chat.records import Text


@dataclass(slots=True, eq=False)
class Stream:
    """A reply that is being written."""

    id: MessageId
    seq: int = 0
    waiting: list[str] = field(default_factory=list)
    waiting_reasoning: list[str] = field(default_factory=list)
    waiting_size: int = 0
    outcome: Outcome | None = None
    ended: asyncio.Future[None] | None = None
    lost: Exception | None = None
    """Why nothing more of it can be written."""
    _contents: list[str] = field(default_factory=list)
    _reasonings: list[str] = field(default_factory=list)

    def add(self, content: str, reasoning: str) -> None:
        if content:
            self.waiting.append(content)
        if reasoning:
            self.waiting_reasoning.append(reasoning)
        self.waiting_size += len(content) + len(reasoning)

    def take(self) -> Append | None:
        """The waiting text as the next numbered delta."""
        if not self.waiting_size:
            return None
        content, reasoning = "".join(self.waiting), "".join(self.waiting_reasoning)
        self.waiting, self.waiting_reasoning, self.waiting_size = [], [], 0
        self._contents.append(content)
        self._reasonings.append(reasoning)
        self.seq += 1
        return Append(self.id, self.seq, content, reasoning or None)

    def text(self) -> Text:
        """All that was taken so far."""
        return Text(self.seq, "".join(self._contents), "".join(self._reasonings) or None)


class Append(NamedTuple):
    """A row of the log; the final one is the end marker."""

    id: MessageId
    seq: int
    content: str = ""
    reasoning: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    id: MessageId
    text: Text
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Batch:
    """What one flush commits. Frozen, so that a flush whose fate is unknown can be repeated to the letter."""

    streams: tuple[Stream, ...]
    appends: tuple[Append, ...]
    endings: tuple[Ending, ...]

    @property
    def ids(self) -> list[MessageId]:
        return [stream.id for stream in self.streams]


def gather(streams: Iterable[Stream]) -> Batch:
    """Takes what waits in each of the streams, and their ends."""
    taken = tuple(streams)
    appends = tuple(append for stream in taken if (append := stream.take()))
    endings = tuple(Ending(each.id, each.text(), each.outcome) for each in taken if each.outcome)
    markers = tuple(Append(each.id, each.text.seq + 1, final=True) for each in endings)
    return Batch(taken, appends + markers, endings)
