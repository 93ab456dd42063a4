"""Cursors into what a search found: where a hit stands, as 32 letters."""

from __future__ import annotations

import base64
import math
import struct
from typing import Final
from uuid import UUID

from app.chat.errors import BadInput
from app.chat.identifiers import MessageId
from app.chat.search_hit import SearchKey

_KEY: Final = struct.Struct(">d16s")
_CURSOR_CHARACTERS: Final = 32
_SINGLE_PRECISION: Final = struct.Struct(">f")


def search_cursor(key: SearchKey) -> str:
    return base64.urlsafe_b64encode(_KEY.pack(key.rank, key.id.bytes)).decode()


def search_key(text: str, *, field: str) -> SearchKey:
    """Raises:
    BadInput: the text is no such cursor.
    """
    try:
        rank, id = _KEY.unpack(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, struct.error):
        rank, id = math.nan, b""
    if len(text) != _CURSOR_CHARACTERS or not _is_rank(rank):
        raise BadInput(field, "is not a cursor of a search")
    return SearchKey(rank, MessageId(UUID(bytes=id)))


def _is_rank(rank: float) -> bool:
    """Whether PostgreSQL takes it for a single-precision float: an error, there, is what becomes infinite, or 0."""
    try:
        [single] = _SINGLE_PRECISION.unpack(_SINGLE_PRECISION.pack(rank))
    except OverflowError:
        return False
    return 0 <= single < math.inf and (single == 0) is (rank == 0)
