"""When two requests are the same one: by their key, and by a digest of what they ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TypeAlias
from uuid import UUID

from app.chat.changes import Edit, Post, Regeneration
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput
from app.chat.identifiers import MessageId
from app.chat.text import check_characters

MAX_IDEMPOTENCY_KEY_CHARACTERS = 255

Asked: TypeAlias = Post | Edit | Regeneration

_NOBODY = MessageId(UUID(int=0))
_BLANK: Mapping[type[Asked], Asked] = {
    Post: Post(content=""),
    Edit: Edit(_NOBODY, content=""),
    Regeneration: Regeneration(_NOBODY),
}


def check_idempotency_key(key: str, field: str = "idempotency_key") -> None:
    """Raises:
    BadInput: it is empty or too long.
    """
    if not key:
        raise BadInput(field, "must not be empty")
    check_characters(key, field, MAX_IDEMPOTENCY_KEY_CHARACTERS)


def digest(asked: Asked) -> bytes:
    """Equal for requests that ask for the same; a field that a later release adds changes it only where it is given.

    A post has no kind in it: earlier releases, which knew no other, have stored its digest without.
    """
    blank = _BLANK[type(asked)]
    given = {name: value for name in blank.__slots__ if (value := getattr(asked, name)) != getattr(blank, name)}
    given["parameters"] = asked.parameters.given()
    if not isinstance(asked, Post):
        given["kind"] = type(asked).__name__
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=_plain).encode()).digest()


def _plain(value: object) -> object:
    """What JSON has no words for: a message before the posted one, or an id."""
    return asdict(value) if isinstance(value, PromptMessage) else str(value)
