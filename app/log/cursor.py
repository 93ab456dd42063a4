"""How far a watcher has come in a mirror."""

from __future__ import annotations

from app.chat.errors import NotFound
from app.chat.events import CompletionEvent, Delta, End, Snapshot
from app.chat.identifiers import MessageId
from app.log.mirror import Mirror


class Cursor:
    """Args:
    id: of the reply.
    seq: of the last delta that the watcher has.
    """

    __slots__ = ("ended", "id", "mirror", "seq")

    def __init__(self, id: MessageId, mirror: Mirror, seq: int) -> None:
        self.id = id
        self.mirror = mirror
        self.seq = seq
        self.ended = False
        """The End has been told; nothing follows."""

    @property
    def idle(self) -> bool:
        """Whether there is nothing to be told yet."""
        mirror = self.mirror
        return not (self.seq < mirror.seq or mirror.ended or mirror.gone)

    def next(self) -> CompletionEvent | None:
        """None while there is nothing to be told.

        Raises:
            NotFound: there is no such reply any more.
        """
        mirror = self.mirror
        if mirror.opening and self.seq < mirror.base:
            self.seq = mirror.base
            return Snapshot(mirror.base, mirror.opening.content, mirror.opening.reasoning)
        if delta := self.delta():
            return delta
        if mirror.ended:
            self.ended = True
            return End(self.seq, self.id)
        if mirror.gone:
            raise NotFound("message")
        return None

    def delta(self) -> Delta | None:
        """All text that follows, if that is what is to be told next."""
        mirror = self.mirror
        if not mirror.base <= self.seq < mirror.seq:
            return None
        delta = mirror.after(self.seq)
        self.seq = delta.seq
        return delta
