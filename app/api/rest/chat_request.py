"""The body of `POST /v1/chat/completions`, as OpenAI has it, and what it asks of the domain.

What has no meaning here is ignored if the answer is the same without it, and refused by its name if it is not.
"""

from __future__ import annotations

from functools import cached_property
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from app.api.rest.chat_message import MAX_MESSAGES, NOT_HERE, UNSUPPORTED, ChatMessage
from app.api.rest.completion_metadata import (
    MAX_METADATA_KEY_CHARACTERS,
    MAX_METADATA_PAIRS,
    MAX_METADATA_VALUE_CHARACTERS,
    METADATA_SCHEMA,
)
from app.api.rest.invalid_json import invalid_json, written
from app.api.rest.openai_errors import OpenAIError, RequestRefused
from app.api.rest.openapi_text import NOT_EMPTY_MESSAGE, STOP_TEXT
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput
from app.chat.parameters import (
    MAX_SPEED,
    MAX_STOP_SEQUENCES,
    MAX_TOKENS,
    CompletionParameters,
)
from app.chat.text import check_text
from app.chat.validation import MAX_REPLIES

_HARMLESS: Final[dict[str, tuple[object, ...]]] = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "audio": (),
    "web_search_options": (),
    "reasoning_effort": (),
    "verbosity": (),
}
"""Fields that change the answer and are not supported, with the values that ask for nothing."""

_TYPE_NAMES: Final = frozenset({"str", "list[TextPart]"})
"""Pydantic's names of the types that a content may have, which it puts into a field's path."""

_FIELD_DEPTH: Final = 3
"""Of `messages`, an index, `content`."""


class StreamOptions(BaseModel):
    model_config = ConfigDict(strict=True)

    include_usage: Annotated[
        bool | None, Field(description="A last chunk without choices that has the token counts.")
    ] = None


_STOP_SCHEMA: Final = {
    "anyOf": [STOP_TEXT, {"type": "array", "items": STOP_TEXT, "maxItems": MAX_STOP_SEQUENCES}, {"type": "null"}]
}


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ChatCompletionRequest(BaseModel):
    """Create a chat completion."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        json_schema_extra={
            "example": {"model": "demo", "messages": [{"role": "user", "content": "Hello!"}], "stream": True},
            "allOf": [
                {
                    "if": {"required": ["stream_options"], "properties": {"stream_options": {"type": "object"}}},
                    "then": {"required": ["stream"], "properties": {"stream": {"const": True}}},
                },
                {
                    "if": {"required": ["store"], "properties": {"store": {"const": True}}},
                    "then": {"properties": {"messages": {"items": NOT_EMPTY_MESSAGE}}},
                },
            ],
        },
    )

    messages: Annotated[
        list[ChatMessage],
        Field(
            fail_fast=True, min_length=1, max_length=MAX_MESSAGES, description="The conversation so far, oldest first."
        ),
    ]
    model: Annotated[str | None, Field(description="One that `GET /v1/models` lists; the default one if left out.")] = (
        None
    )
    stream: Annotated[bool | None, Field(description="Answer with server-sent events as the text is made.")] = None
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, Field(ge=1, le=MAX_REPLIES, description="How many answers, side by side.")] = None
    max_tokens: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of `max_completion_tokens`.")
    ] = None
    max_completion_tokens: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="The most tokens that each answer may have.")
    ] = None
    temperature: Annotated[float | None, Field(ge=0, le=2, description="The higher, the more random.")] = None
    top_p: Annotated[
        float | None, Field(ge=0, le=1, description="Only the likeliest tokens that have this share of probability.")
    ] = None
    presence_penalty: Annotated[
        float | None, Field(ge=-2, le=2, description="Against tokens that have come before at all.")
    ] = None
    frequency_penalty: Annotated[
        float | None, Field(ge=-2, le=2, description="Against tokens, the more often they have come before.")
    ] = None
    stop: Annotated[
        Annotated[list[str], Field(fail_fast=True, max_length=MAX_STOP_SEQUENCES)] | None,
        BeforeValidator(_listed),
        Field(description="Where to stop; not part of the answer."),
        WithJsonSchema(_STOP_SCHEMA),
    ] = None
    seed: Annotated[
        int | None, Field(ge=-(2**63), lt=2**63, description="The same seed gives the same answer, where it can.")
    ] = None
    speed: Annotated[
        float | None,
        Field(
            gt=0,
            le=MAX_SPEED,
            description="Of a replay (model `replay:<message id>`), as a multiple of the recorded pace. "
            "Parley's own; other models ignore it.",
        ),
    ] = None
    store: Annotated[
        bool | None,
        Field(description="Keep it, and generate to its end whoever listens; see the endpoints on stored completions."),
    ] = None
    metadata: Annotated[
        Any,
        WithJsonSchema({**METADATA_SCHEMA, "default": None}),
        Field(
            description=f"Of a stored completion: up to {MAX_METADATA_PAIRS} strings of at most "
            f"{MAX_METADATA_VALUE_CHARACTERS} characters, by keys of at most {MAX_METADATA_KEY_CHARACTERS}. "
            "`conversation_id` adds it to that conversation, and is not kept. Ignored where nothing is stored."
        ),
    ] = None
    user: Annotated[
        str | None, Field(description="Whom the completion is for: passed on to the upstream, though not with `store`.")
    ] = None

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def parameters(self) -> CompletionParameters:
        """Raises:
        BadInput: a value is outside of its range.
        """
        parameters = CompletionParameters(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=tuple(self.stop or ()),
            seed=self.seed,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            speed=self.speed,
        )
        parameters.check(prefix="")
        return parameters

    @cached_property
    def prompt(self) -> tuple[PromptMessage, ...]:
        """Raises:
        BadInput: a text cannot be stored or is too long.
        """
        return tuple(
            PromptMessage(message.domain_role, check_text(message.text, f"messages[{index}].content"))
            for index, message in enumerate(self.messages)
        )


def parse_chat_request(body: bytes) -> ChatCompletionRequest:
    """Raises:
    RequestRefused: it is not JSON, not of this form, or asks for what is not supported.
    BadInput: a text cannot be stored or is too long, or fields do not go together.
    """
    try:
        request = ChatCompletionRequest.model_validate_json(body)
    except ValidationError as error:
        raise RequestRefused(_explain(error, body)) from None
    extra: dict[str, Any] = request.model_extra or {}
    for name, harmless in _HARMLESS.items():
        value = extra.get(name)
        if value is not None and value not in harmless:
            raise RequestRefused(OpenAIError(HTTPStatus.BAD_REQUEST, f"{name} {NOT_HERE}", UNSUPPORTED, name))
    if request.stream_options and not request.stream:
        raise BadInput("stream_options", "is only for requests with stream: true")
    _ = request.prompt  # made here, where a long one holds up nobody
    return request


def _explain(error: ValidationError, body: bytes) -> OpenAIError:
    """The first problem, with the path of its field as OpenAI writes it."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    # Of a value that may be of several types, the longest path is into the type that it nearly is.
    field = problems[0]["loc"][:_FIELD_DEPTH]
    problem = max(
        (each for each in problems if each["loc"][:_FIELD_DEPTH] == field),
        key=lambda each: (len(each["loc"]), each["type"] == "too_long"),
    )
    if problem["type"] == "json_invalid":
        return invalid_json(body, problem["msg"])
    path = written([part for part in problem["loc"] if part not in _TYPE_NAMES])
    if problem["type"] == UNSUPPORTED:
        return OpenAIError(HTTPStatus.BAD_REQUEST, f"{path} {problem['msg']}", UNSUPPORTED, path)
    code = "missing_required_parameter" if problem["type"] == "missing" else "invalid_value"
    return OpenAIError(HTTPStatus.BAD_REQUEST, f"{path or 'the body'}: {problem['msg']}", code, path or None)
