"""What a notification says: which replies have something new. Only a hint, so that a process reads no log in vain."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.chat.identifiers import MessageId

EVERYTHING = ""
HEX_CHARACTERS = 32
MAX_PAYLOAD_BYTES = 7_999
"""PostgreSQL's own limit for NOTIFY."""


def hint(ids: Sequence[MessageId]) -> str:
    """The payload that names the ids, or EVERYTHING where they are too many for one."""
    return "".join(id.hex for id in ids) if len(ids) * HEX_CHARACTERS <= MAX_PAYLOAD_BYTES else EVERYTHING


class Hints:
    """Gathers hints at replies that somebody follows here."""

    def __init__(self) -> None:
        self._followed: dict[str, MessageId] = {}
        self._hinted: set[MessageId] = set()

    def follow(self, id: MessageId) -> None:
        self._followed[id.hex] = id

    def forget(self, id: MessageId) -> None:
        self._followed.pop(id.hex, None)
        self._hinted.discard(id)

    def add_reply(self, id: MessageId) -> None:
        """One that is followed."""
        self._hinted.add(id)

    def add(self, payload: str) -> bool:
        """Whether there is anything to look at now, by this hint or by one before it."""
        if payload == EVERYTHING:
            self._hinted.update(self._followed.values())
        else:
            names = (payload[at : at + HEX_CHARACTERS] for at in range(0, len(payload), HEX_CHARACTERS))
            self._hinted.update(self._followed[name] for name in names if name in self._followed)
        return bool(self._hinted)

    def take(self) -> Collection[MessageId]:
        hinted, self._hinted = self._hinted, set()
        return hinted
