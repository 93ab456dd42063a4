"""Text as the OpenAPI document has it: what can be stored, which the endpoints check by themselves."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import WithJsonSchema
from pydantic.config import JsonDict

from app.chat.parameters import MAX_STOP_CHARACTERS

STORABLE_PATTERN: Final = r"^[^\u0000]*$"
"""Any but NUL, which PostgreSQL cannot hold."""

StorableText = Annotated[str, WithJsonSchema({"type": "string", "pattern": STORABLE_PATTERN})]

STOP_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": MAX_STOP_CHARACTERS, "pattern": STORABLE_PATTERN}
"""One sequence to stop at."""

_NOT_EMPTY: Final[JsonDict] = {"type": "string", "minLength": 1}
NOT_EMPTY_MESSAGE: Final[JsonDict] = {
    "required": ["content"],
    "properties": {
        "content": {
            "anyOf": [
                _NOT_EMPTY,
                {"type": "array", "contains": {"required": ["text"], "properties": {"text": _NOT_EMPTY}}},
            ]
        }
    },
}
"""A message that says something, be it in one of its parts."""
