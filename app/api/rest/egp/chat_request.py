"""The body of `POST /egp/v1/chat-completions`, as EGP has it, and what it asks of the domain.

What has no meaning here is ignored if the answer is the same without it, and refused by its name if it is not.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from app.api.rest.chat_message import MAX_MESSAGES, NOT_HERE, ContentParts
from app.api.rest.egp.errors import EgpRefused, malformed, unsupported
from app.api.rest.openapi_text import STOP_TEXT, StorableText
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput
from app.chat.parameters import MAX_STOP_SEQUENCES, MAX_TOKENS, CompletionParameters
from app.chat.records import Role
from app.chat.text import check_text

_ROLES: Final[dict[str, Role]] = {
    "system": Role.SYSTEM,
    "user": Role.USER,
    "agent": Role.ASSISTANT,
    "assistant": Role.ASSISTANT,
    "data": Role.DATA,
    "tool": Role.TOOL,
}

_FIELDS: Final = {"model_parameters.stop": "model_parameters.stop_sequences"}
"""What the domain's parameters are called here."""
_UNSUPPORTED: Final = ("chat_template", "tools", "images")
_UNSUPPORTED_PARAMETERS: Final = ("top_k", "topK", "reasoning_effort", "seed")


class EgpMessage(BaseModel):
    """Args:
    role: `assistant` is read as `agent`.
    tool_request: null; tools are not supported.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"role": {"enum": ["agent", "assistant"]}}},
            "else": {"required": ["content"], "properties": {"content": {"not": {"type": "null"}}}},
        }
    )

    role: Literal["system", "user", "agent", "assistant", "data", "tool"]
    content: Annotated[StorableText | ContentParts | None, Field(union_mode="left_to_right")] = None
    tool_request: None = None


class LastK(BaseModel):
    model_config = ConfigDict(strict=True)

    k: Annotated[int, Field(ge=1, description="How many messages are kept, counted from the last.")]


class MemoryStrategy(BaseModel):
    """Only the last messages reach the model; `instructions` always do."""

    name: Literal["last_k"] = "last_k"
    params: LastK


class ModelParameters(BaseModel):
    """Args:
    temperature: the model's own default if left out, not EGP's 0.2, which some models refuse.
    """

    model_config = ConfigDict(extra="allow", strict=True)

    temperature: Annotated[float | None, Field(ge=0, le=2, description="The higher, the more random.")] = None
    top_p: Annotated[float | None, Field(ge=0, le=1, validation_alias=AliasChoices("top_p", "topP"))] = None
    max_tokens: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="The most tokens that the answer may have.")
    ] = None
    stop_sequences: Annotated[
        list[str] | None,
        Field(fail_fast=True, max_length=MAX_STOP_SEQUENCES, description="Where to stop; not part of the answer."),
        WithJsonSchema(
            {"anyOf": [{"type": "array", "items": STOP_TEXT, "maxItems": MAX_STOP_SEQUENCES}, {"type": "null"}]}
        ),
    ] = None
    presence_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    frequency_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None


class EgpChatRequest(BaseModel):
    """Create a chat completion."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        json_schema_extra={
            "example": {"model": "demo", "messages": [{"role": "user", "content": "Hello, what can you do?"}]}
        },
    )

    messages: Annotated[
        list[EgpMessage],
        Field(
            fail_fast=True, min_length=1, max_length=MAX_MESSAGES, description="The conversation so far, oldest first."
        ),
    ]
    model: Annotated[str | None, Field(description="One that `GET /v1/models` lists; the default one if left out.")] = (
        None
    )
    stream: Annotated[bool | None, Field(description="Answer with server-sent events as the text is made.")] = None
    instructions: Annotated[StorableText | None, Field(description="A system message before all others.")] = None
    memory_strategy: MemoryStrategy | None = None
    model_parameters: ModelParameters | None = None

    def parameters(self) -> CompletionParameters:
        """Raises:
        BadInput: a value is outside of its range.
        """
        asked = self.model_parameters or ModelParameters()
        for index, sequence in enumerate(asked.stop_sequences or ()):
            if not sequence:  # named here as EGP names it
                raise BadInput(f"model_parameters.stop_sequences[{index}]", "must not be empty")
        parameters = CompletionParameters(
            temperature=asked.temperature,
            top_p=asked.top_p,
            max_tokens=asked.max_tokens,
            stop=tuple(asked.stop_sequences or ()),
            presence_penalty=asked.presence_penalty,
            frequency_penalty=asked.frequency_penalty,
        )
        try:
            parameters.check(prefix="model_parameters.")
        except BadInput as error:
            raise BadInput(_FIELDS.get(error.field, error.field), error.problem) from None
        return parameters

    @cached_property
    def prompt(self) -> tuple[PromptMessage, ...]:
        """Raises:
        BadInput: a text cannot be stored, is too long, or is not there.
        """
        prompt = [
            PromptMessage(_ROLES[message.role], check_text(_content(message, index), f"messages[{index}].content"))
            for index, message in enumerate(self.messages)
        ]
        if self.memory_strategy:
            prompt = prompt[-self.memory_strategy.params.k :]
        if self.instructions:
            prompt.insert(0, PromptMessage(Role.SYSTEM, check_text(self.instructions, "instructions")))
        return tuple(prompt)


def _content(message: EgpMessage, index: int) -> str:
    if isinstance(message.content, list):
        return "".join([part.text for part in message.content])
    if message.content is None and _ROLES[message.role] is not Role.ASSISTANT:
        raise BadInput(f"messages[{index}].content", "Field required")
    return message.content or ""


def parse_egp_request(body: bytes) -> EgpChatRequest:
    """Raises:
    EgpRefused: it is not JSON, not of this form, or asks for what is not supported.
    BadInput: a text cannot be stored, is too long, or is not there.
    """
    try:
        request = EgpChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise EgpRefused(malformed(error, body)) from None
    extra: dict[str, Any] = request.model_extra or {}
    for name in _UNSUPPORTED:
        if extra.get(name):
            raise unsupported(name, NOT_HERE)
    for name in sorted(extra.keys() & (ModelParameters.model_fields.keys() | set(_UNSUPPORTED_PARAMETERS))):
        if extra[name] is not None:
            raise unsupported(name, f"belongs into model_parameters: model_parameters.{name}")
    parameters: dict[str, Any] = (request.model_parameters and request.model_parameters.model_extra) or {}
    for name in _UNSUPPORTED_PARAMETERS:
        if parameters.get(name) is not None:
            raise unsupported(f"model_parameters.{name}", NOT_HERE)
    _ = request.prompt  # made here, where a long one holds up nobody
    return request
