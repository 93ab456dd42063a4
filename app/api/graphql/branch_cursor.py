"""Cursors into a conversation's branch: the conversation and a depth in it, as 28 letters.

They name a place, not a message: one that was deleted since, or is not on the branch that is selected now, leaves its
place behind.
"""

from __future__ import annotations

import base64
from typing import Final
from uuid import UUID

from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId
from app.chat.paging import Depth

_UUID_BYTES: Final = 16
_DEPTH_BYTES: Final = 5
_CURSOR_CHARACTERS: Final = 28


def branch_cursor(conversation: ConversationId, depth: int) -> str:
    return base64.urlsafe_b64encode(conversation.bytes + depth.to_bytes(_DEPTH_BYTES, "big")).decode()


def branch_depth(text: str, *, field: str, conversation: ConversationId) -> Depth:
    """Raises:
    BadInput: the text is no cursor of this conversation.
    """
    try:
        key = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    well_formed = len(text) == _CURSOR_CHARACTERS and len(key) == _UUID_BYTES + _DEPTH_BYTES
    if not well_formed or UUID(bytes=key[:_UUID_BYTES]) != conversation:
        raise BadInput(field, "is not a cursor of this conversation's messages")
    return Depth(int.from_bytes(key[_UUID_BYTES:], "big"))
