"""A message of a request's body, as OpenAI has it, and its text."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.api.rest.openapi_text import StorableText
from app.chat.records import Role
from app.chat.text import MAX_CONTENT_BYTES

MAX_MESSAGES: Final = 10_000
MAX_CONTENT_PARTS: Final = 1_000

UNSUPPORTED: Final = "unsupported_parameter"
NOT_HERE: Final = "is not supported here, and without it this would not be what was asked for"

_ROLES: Final[dict[str, Role]] = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "data": Role.DATA,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}


class TextPart(BaseModel):
    type: Literal["text"]
    text: StorableText


# A body may have a million of what is wrong: each list tells the first, and is left there.
ContentParts = Annotated[list[TextPart], Field(fail_fast=True, max_length=MAX_CONTENT_PARTS)]


def _only(*harmless: object) -> BeforeValidator:
    """Of what would change the answer and is not carried: the values that ask for nothing, as None."""

    def check(value: object) -> None:
        if value not in harmless:
            raise PydanticCustomError(UNSUPPORTED, NOT_HERE)

    return BeforeValidator(check)


_NULL: Final[dict[str, Any]] = {"type": "null"}
_NO_TEXT: Final[dict[str, Any]] = {"type": ["string", "null"], "maxLength": 0}
_NO_ITEMS: Final[dict[str, Any]] = {"type": ["array", "null"], "maxItems": 0}


class ChatMessage(BaseModel):
    """Tools are not supported, and neither are messages that refer to them.

    Args:
        role: `developer` is read as `system`, `function` as `tool`.
    """

    role: Literal["system", "developer", "user", "assistant", "data", "tool", "function"]
    content: Annotated[
        StorableText | ContentParts | None,
        Field(union_mode="left_to_right", description=f"At most {MAX_CONTENT_BYTES:,} bytes of UTF-8."),
    ] = None
    refusal: Annotated[None, _only(None, ""), WithJsonSchema(_NO_TEXT)] = None
    tool_calls: Annotated[None, _only(None, []), WithJsonSchema(_NO_ITEMS)] = None
    tool_call_id: Annotated[None, _only(None), WithJsonSchema(_NULL)] = None
    function_call: Annotated[None, _only(None), WithJsonSchema(_NULL)] = None
    audio: Annotated[None, _only(None), WithJsonSchema(_NULL)] = None

    @property
    def domain_role(self) -> Role:
        return _ROLES[self.role]

    @property
    def text(self) -> str:
        """Of all its parts."""
        if isinstance(self.content, list):
            return "".join([part.text for part in self.content])
        return self.content or ""
