"""What EGP's endpoint answers with, for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.api.rest.openapi_objects import Answer, Estimated


class EgpAgentMessage(Answer):
    role: Literal["agent"]
    content: Annotated[str, Field(description="The text; of an event, what is new of it.")]
    tool_request: None


class EgpChatCompletion(Answer):
    message: EgpAgentMessage
    finish_reason: Annotated[
        Literal["stop", "length", "content_filter", "tool_calls"] | None,
        Field(description="null where all was said; of a stream, null in all events but the last."),
    ]


class EgpTokenUsage(Answer):
    """Token counts: the upstream's own, else estimated."""

    prompt: Annotated[int, Field(ge=0)]
    completion: Annotated[int, Field(ge=0)]
    total: Annotated[int, Field(ge=0)]
    estimated: Estimated = False


class EgpCompletion(Answer):
    chat_completion: EgpChatCompletion
    token_usage: Annotated[EgpTokenUsage | None, Field(description="null in all events of a stream but the last.")]


class EgpProblem(Answer):
    loc: Annotated[list[str | int], Field(description="Where: `body`, then the path of the field.")]
    msg: str
    type: str


class EgpErrorAnswer(Answer):
    detail: str | list[EgpProblem]
    code: Annotated[str | None, Field(description="For programs.")]
