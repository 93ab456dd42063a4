"""Cursors into an owner's list of conversations: where one stands by activity, as 36 letters."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final
from uuid import UUID

from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId
from app.chat.paging import ActivityKey

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIME_BYTES: Final = 8
_KEY_BYTES: Final = _TIME_BYTES + 16
_OWNER_BYTES: Final = 3
_CURSOR_CHARACTERS: Final = 36
_REMEMBERED_OWNERS: Final = 1024


def activity_cursor(key: ActivityKey, *, owner: str) -> str:
    microseconds = (key.updated_at - _EPOCH) // _MICROSECOND
    place = microseconds.to_bytes(_TIME_BYTES, "big") + key.id.bytes
    return base64.urlsafe_b64encode(place + _mark(owner)).decode()


def activity_key(text: str, *, field: str, owner: str) -> ActivityKey:
    """Raises:
    BadInput: the text is no such cursor, or is another owner's.
    """
    try:
        key = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        updated_at = _EPOCH + int.from_bytes(key[:_TIME_BYTES], "big") * _MICROSECOND
    except (ValueError, OverflowError):
        key, updated_at = b"", _EPOCH
    if len(text) != _CURSOR_CHARACTERS or key[_KEY_BYTES:] != _mark(owner):
        raise BadInput(field, "is not a cursor of your list of conversations")
    return ActivityKey(updated_at, ConversationId(UUID(bytes=key[_TIME_BYTES:_KEY_BYTES])))


@lru_cache(maxsize=_REMEMBERED_OWNERS)
def _mark(owner: str) -> bytes:
    """Tells a mistake, no more: what a cursor leads to is confined to its reader anyway."""
    return sha256(owner.encode()).digest()[:_OWNER_BYTES]
