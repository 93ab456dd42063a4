"""Ids: UUIDv7 (RFC 9562) inside and in the database, TypeID text (spec 0.3, github.com/jetify-com/typeid) outside."""

from __future__ import annotations

import secrets
import threading
import time
from typing import NewType
from uuid import UUID

from app.chat.errors import BadInput

ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
TurnId = NewType("TurnId", UUID)
WriterId = NewType("WriterId", UUID)

CONVERSATION = "conv"
MESSAGE = "msg"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_FIFTY_BITS = (1 << 50) - 1
_TEXT_LENGTH = 26
_BITS = 128

_RANDOM_BITS = 74


class _Clock:
    """Makes the 122 free bits of UUIDv7s, each greater than the last.

    The bits after the millisecond are random for the first id of a millisecond and count on from there (RFC 9562, 6.2,
    method 2), so siblings made in one call keep their order. The top random bit starts as 0, so counting has room.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def tick(self) -> int:
        with self._lock:
            milliseconds = time.time_ns() // 1_000_000
            if milliseconds > self._last >> _RANDOM_BITS:
                self._last = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS - 1)
            else:
                self._last += 1
            return self._last


_clock = _Clock()


def new_uuid() -> UUID:
    """A UUIDv7 that sorts after every one this process made before it."""
    value = _clock.tick()
    milliseconds, random = value >> _RANDOM_BITS, value & (1 << _RANDOM_BITS) - 1
    high, low = random >> 62, random & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def new_conversation_id() -> ConversationId:
    return ConversationId(new_uuid())


def new_message_id() -> MessageId:
    return MessageId(new_uuid())


def new_turn_id() -> TurnId:
    return TurnId(new_uuid())


def to_text(prefix: str, value: UUID) -> str:
    """Two letters at a time, of numbers that fit a machine word: pages are full of ids."""
    number = value.int
    high, middle, low = number >> 100, number >> 50 & _FIFTY_BITS, number & _FIFTY_BITS
    return (
        f"{prefix}_{_PAIRS[high >> 20]}{_PAIRS[high >> 10 & 1023]}{_PAIRS[high & 1023]}"
        f"{_PAIRS[middle >> 40]}{_PAIRS[middle >> 30 & 1023]}{_PAIRS[middle >> 20 & 1023]}"
        f"{_PAIRS[middle >> 10 & 1023]}{_PAIRS[middle & 1023]}"
        f"{_PAIRS[low >> 40]}{_PAIRS[low >> 30 & 1023]}{_PAIRS[low >> 20 & 1023]}"
        f"{_PAIRS[low >> 10 & 1023]}{_PAIRS[low & 1023]}"
    )


def from_text(prefix: str, text: str, *, field: str = "id") -> UUID:
    """The UUID in a TypeID.

    Raises:
        BadInput: the text is no TypeID, or one of another kind.
    """
    kind, _, suffix = text.rpartition("_")
    well_formed = len(suffix) == _TEXT_LENGTH and suffix[0] <= "7" and all(letter in _VALUES for letter in suffix)
    if kind != prefix or not well_formed:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        raise BadInput(field, f"{shown!r} is not an id of the form {prefix}_…")
    number = 0
    for letter in suffix:
        number = number << 5 | _VALUES[letter]
    return UUID(int=number & (1 << _BITS) - 1)


def conversation_id(text: str, *, field: str = "id") -> ConversationId:
    return ConversationId(from_text(CONVERSATION, text, field=field))


def message_id(text: str, *, field: str = "id") -> MessageId:
    return MessageId(from_text(MESSAGE, text, field=field))
