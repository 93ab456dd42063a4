"""Cursors into the list of conversations: where one stands by activity, as 32 letters."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId
from app.chat.paging import ActivityKey

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIME_BYTES: Final = 8
_KEY_BYTES: Final = _TIME_BYTES + 16
_CURSOR_CHARACTERS: Final = 32


def activity_cursor(key: ActivityKey) -> str:
    microseconds = (key.updated_at - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(microseconds.to_bytes(_TIME_BYTES, "big") + key.id.bytes).decode()


def activity_key(text: str, *, field: str) -> ActivityKey:
    """Raises:
    BadInput: the text is no such cursor.
    """
    try:
        key = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        updated_at = _EPOCH + int.from_bytes(key[:_TIME_BYTES], "big") * _MICROSECOND
    except (ValueError, OverflowError):
        key, updated_at = b"", _EPOCH
    if len(text) != _CURSOR_CHARACTERS or len(key) != _KEY_BYTES:
        raise BadInput(field, "is not a cursor of this list")
    return ActivityKey(updated_at, ConversationId(UUID(bytes=key[_TIME_BYTES:])))
