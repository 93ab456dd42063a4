"""The metadata of a stored completion, within OpenAI's limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.api.rest.openapi_text import STORABLE_PATTERN
from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId, conversation_id
from app.chat.text import check_characters

MAX_METADATA_PAIRS: Final = 16
MAX_METADATA_KEY_CHARACTERS: Final = 64
MAX_METADATA_VALUE_CHARACTERS: Final = 512

CONVERSATION_KEY: Final = "conversation_id"
"""Names the conversation that a completion is to be added to, and is not itself stored."""


METADATA_SCHEMA: Final = {
    "type": ["object", "null"],
    "maxProperties": MAX_METADATA_PAIRS,
    "propertyNames": {"minLength": 1, "maxLength": MAX_METADATA_KEY_CHARACTERS, "pattern": STORABLE_PATTERN},
    "additionalProperties": {"type": "string", "maxLength": MAX_METADATA_VALUE_CHARACTERS, "pattern": STORABLE_PATTERN},
}
"""For the OpenAPI document."""


def completion_metadata(value: object) -> dict[str, str]:
    """Metadata as a request has it; none where there is none.

    Raises:
        BadInput: it is no object of strings, or exceeds a limit; names the field.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadInput("metadata", "must be an object of strings")
    if len(value) > MAX_METADATA_PAIRS:
        raise BadInput("metadata", f"has {len(value)} pairs, the most is {MAX_METADATA_PAIRS}")
    for key, text in value.items():
        if not 1 <= len(key) <= MAX_METADATA_KEY_CHARACTERS:
            problem = f"has a key of {len(key):,} characters; a key has from 1 to {MAX_METADATA_KEY_CHARACTERS}"
            raise BadInput("metadata", problem)
        check_characters(key, "metadata", MAX_METADATA_KEY_CHARACTERS)
        if not isinstance(text, str):
            raise BadInput(f"metadata.{key}", "must be a string")
        check_characters(text, f"metadata.{key}", MAX_METADATA_VALUE_CHARACTERS)
    return dict(value)


def without_conversation(metadata: Mapping[str, str]) -> tuple[ConversationId | None, dict[str, str]]:
    """The conversation that it names, if any, and the rest.

    Raises:
        BadInput: what it names is no conversation's id.
    """
    rest = dict(metadata)
    named = rest.pop(CONVERSATION_KEY, None)
    if named is None:
        return None, rest
    return conversation_id(named, field=f"metadata.{CONVERSATION_KEY}"), rest
