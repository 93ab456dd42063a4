"""What one subscriber saw of one reply, and how it compares with the log. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it came: all that the log has after delta `after`, up to delta `seq`."""

    after: int
    seq: int
    content: str


@dataclass(slots=True)
class Transcript:
    """Args:
    complaints: what a server must not do, in words.
    """

    pieces: list[Piece] = field(default_factory=list)
    cursor: int = 0
    end: dict[str, Any] | None = None
    complaints: list[str] = field(default_factory=list)

    def take(self, event: dict[str, Any]) -> None:
        """A CompletionEvent, in the order of arrival."""
        kind, seq = event["__typename"], event["seq"]
        if self.end is not None:
            self.complaints.append(f"{kind} {seq} after the end")
        elif kind == "CompletionEnd":
            self.end = event["message"]
            if not seq == self.end["seq"] == self.cursor:
                self.complaints.append(f"end {seq} of a message at {self.end['seq']}, seen up to {self.cursor}")
        elif kind == "CompletionDelta":
            self.pieces.append(Piece(self.cursor, seq, event["content"]))
            self.cursor = max(self.cursor, seq)
        else:
            self.complaints.append(f"{kind} {seq}, though the whole log is kept")

    @property
    def text(self) -> str:
        return "".join(piece.content for piece in self.pieces)


@dataclass(slots=True)
class Verdict:
    """Counts of deltas."""

    delivered: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.delivered + other.delivered,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.reordered + other.reordered,
        )

    @property
    def flawless(self) -> bool:
        return not (self.lost or self.doubled or self.reordered)


def judge(transcript: Transcript, log: Sequence[str]) -> Verdict:
    """Compares with the log, whose delta number n is `log[n - 1]`.

    Each piece must be, byte for byte, the deltas between what the subscriber had and the piece's number. Of one that is
    not, the deltas that it should have been count as what most likely happened to them.
    """
    verdict = Verdict(lost=len(log) - min(transcript.cursor, len(log)))
    for piece in transcript.pieces:
        due = "".join(log[piece.after : piece.seq])
        count = max(1, piece.seq - piece.after)
        if piece.seq <= piece.after:
            if "".join(log[: piece.seq]).endswith(piece.content):
                verdict.doubled += count
            else:
                verdict.reordered += count
        elif piece.content == due:
            verdict.delivered += count
        elif len(piece.content) > len(due):
            verdict.doubled += count
        elif len(piece.content) < len(due):
            verdict.lost += count
        else:
            verdict.reordered += count
    return verdict
