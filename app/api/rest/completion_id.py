"""The id of a stored completion, as OpenAI's clients know it: `chatcmpl-` and its turn's UUID in hex."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from app.chat.errors import NotFound
from app.chat.identifiers import TurnId

COMPLETION_ID_PREFIX: Final = "chatcmpl-"

_FORM: Final = re.compile(r"chatcmpl-([0-9a-f]{32})")


def completion_id(id: TurnId) -> str:
    return f"{COMPLETION_ID_PREFIX}{id.hex}"


def parse_completion_id(text: str) -> TurnId:
    """Raises:
    NotFound: it has not the form that all of them have.
    """
    if form := _FORM.fullmatch(text):
        return TurnId(UUID(form[1]))
    raise NotFound("chat completion")
