"""The body of `POST /v1/chat/completions`, as OpenAI has it, and what it asks of the domain.

What has no meaning here is ignored if the answer is the same without it, and refused by its name if it is not.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.api.rest.openai_errors import OpenAIError, RequestRefused
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput
from app.chat.parameters import MAX_STOP_SEQUENCES, CompletionParameters
from app.chat.records import Role
from app.chat.text import check_text
from app.chat.turns import MAX_REPLIES

_ROLES: Final[dict[str, Role]] = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "data": Role.DATA,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}

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
    "store": (False,),
}
"""Fields that change the answer and are not supported, with the values that ask for nothing."""

_TYPE_NAMES: Final = frozenset({"str", "list[TextPart]"})
"""Pydantic's names of the types that a content may have, which it puts into a field's path."""

_FIELD_DEPTH: Final = 3
"""Of `messages`, an index, `content`."""


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """Args:
    role: `developer` is read as `system`, `function` as `tool`.
    """

    role: Literal["system", "developer", "user", "assistant", "data", "tool", "function"]
    content: Annotated[str | list[TextPart] | None, Field(union_mode="left_to_right")] = None


class StreamOptions(BaseModel):
    include_usage: bool | None = None


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ChatCompletionRequest(BaseModel):
    """Create a chat completion."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        json_schema_extra={
            "example": {"model": "demo", "messages": [{"role": "user", "content": "Hello!"}], "stream": True}
        },
    )

    messages: Annotated[list[ChatMessage], Field(min_length=1, description="The conversation so far, oldest first.")]
    model: Annotated[str | None, Field(description="One that `GET /v1/models` lists; the default one if left out.")] = (
        None
    )
    stream: Annotated[bool | None, Field(description="Answer with server-sent events as the text is made.")] = None
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, Field(ge=1, le=MAX_REPLIES, description="How many answers, side by side.")] = None
    max_tokens: Annotated[int | None, Field(ge=1, description="Deprecated by `max_completion_tokens`.")] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1)] = None
    presence_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    frequency_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    stop: Annotated[
        list[str] | None,
        BeforeValidator(_listed, json_schema_input_type=str | list[str] | None),
        Field(max_length=MAX_STOP_SEQUENCES, description="Where to stop; not part of the answer."),
    ] = None
    seed: Annotated[int | None, Field(ge=-(2**63), lt=2**63)] = None
    user: Annotated[str | None, Field(description="Whom the completion is for; passed on to the upstream.")] = None

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
        )
        parameters.check(prefix="")
        return parameters

    def prompt(self) -> tuple[PromptMessage, ...]:
        """Raises:
        BadInput: a text cannot be stored or is too long.
        """
        return tuple(
            PromptMessage(_ROLES[message.role], check_text(_content(message), f"messages[{index}].content"))
            for index, message in enumerate(self.messages)
        )


def _content(message: ChatMessage) -> str:
    if isinstance(message.content, list):
        return "".join(part.text for part in message.content)
    return message.content or ""


def parse_chat_request(body: bytes) -> ChatCompletionRequest:
    """Raises:
    RequestRefused: it is not JSON, not of this form, or asks for what is not supported.
    """
    try:
        request = ChatCompletionRequest.model_validate_json(body)
    except ValidationError as error:
        raise RequestRefused(_explain(error)) from None
    extra: dict[str, Any] = request.model_extra or {}
    for name, harmless in _HARMLESS.items():
        value = extra.get(name)
        if value is not None and value not in harmless:
            message = f"{name} is not supported here, and without it this would not be what was asked for"
            raise RequestRefused(OpenAIError(HTTPStatus.BAD_REQUEST, message, "unsupported_parameter", name))
    if request.stream_options and not request.stream:
        raise BadInput("stream_options", "is only for requests with stream: true")
    return request


def _explain(error: ValidationError) -> OpenAIError:
    """The first problem, with the path of its field as OpenAI writes it."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    # Of a value that may be of several types, the longest path is into the type that it nearly is.
    field = problems[0]["loc"][:_FIELD_DEPTH]
    problem = max((each for each in problems if each["loc"][:_FIELD_DEPTH] == field), key=lambda each: len(each["loc"]))
    if problem["type"] == "json_invalid":
        return OpenAIError(HTTPStatus.BAD_REQUEST, f"the body is not valid JSON: {problem['msg']}", "invalid_json")
    path = ""
    for part in problem["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in _TYPE_NAMES:
            path += f".{part}" if path else part
    code = "missing_required_parameter" if problem["type"] == "missing" else "invalid_value"
    return OpenAIError(HTTPStatus.BAD_REQUEST, f"{path or 'the body'}: {problem['msg']}", code, path or None)
