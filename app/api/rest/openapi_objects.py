"""What the REST endpoints answer with, for the OpenAPI document: it is encoded by hand, and tested by these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(description="Empty where nothing was said yet.")]
Created = Annotated[int, Field(description="Unix time, in seconds.")]
ModelName = Annotated[str, Field(description="The one that answered; for an alias, what it stands for.")]
FinishReason = Annotated[
    Literal["stop", "length", "content_filter", "tool_calls"] | None,
    Field(description="Why the text ended: `length` is `max_completion_tokens`. null while it goes on."),
]
Metadata = Annotated[
    dict[str, str],
    Field(description="At most 16 pairs; keys of at most 64 characters, values of at most 512."),
]


Estimated = Annotated[bool, Field(description="Only there, and true, where the upstream told no counts.")]


class Answer(BaseModel):
    """An object that is sent: each field without a default is always there."""

    model_config = ConfigDict(protected_namespaces=())


class CompletionMessage(Answer):
    role: Literal["assistant"]
    content: Text
    refusal: None
    reasoning_content: Annotated[str, Field(description="What the model thought, where it tells.")] = ""


class CompletionChoice(Answer):
    index: int
    message: CompletionMessage
    logprobs: None
    finish_reason: FinishReason


class CompletionUsage(Answer):
    """Token counts: the upstream's own, else estimated."""

    prompt_tokens: Annotated[int, Field(ge=0, description="Of the prompt, once.")]
    completion_tokens: Annotated[int, Field(ge=0, description="Of all choices.")]
    total_tokens: Annotated[int, Field(ge=0)]
    estimated: Estimated = False


class ChatCompletion(Answer):
    id: str
    object: Literal["chat.completion"]
    created: Created
    model: ModelName
    system_fingerprint: None
    choices: list[CompletionChoice]
    usage: CompletionUsage


class ChunkDelta(Answer):
    content: Annotated[str, Field(description="The new text; may be empty.")]
    role: Annotated[Literal["assistant"], Field(description="In the first chunk of a choice.")] = "assistant"
    refusal: None = None
    reasoning_content: str = ""


class ChunkChoice(Answer):
    index: int
    delta: ChunkDelta
    logprobs: None
    finish_reason: FinishReason


class ChatCompletionChunk(Answer):
    """The data of one server-sent event; after the last one comes `[DONE]`."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: Created
    model: ModelName
    system_fingerprint: None
    choices: Annotated[list[ChunkChoice], Field(description="One; none in the last chunk, if that has the usage.")]
    usage: Annotated[
        CompletionUsage | None, Field(description="Only with `include_usage`: null in all chunks but the last.")
    ] = None


class ErrorObject(Answer):
    message: str
    type: Literal[
        "invalid_request_error", "authentication_error", "permission_error", "rate_limit_error", "server_error"
    ]
    param: Annotated[str | None, Field(description="The field that it is about, such as `messages[0].content`.")]
    code: Annotated[str | None, Field(description="For programs: OpenAI's own where it has one.")]


class StoredChoice(CompletionChoice):
    error: Annotated[ErrorObject | None, Field(description="Why it ended badly, if it did; what it said stays.")] = None


class StoredCompletion(Answer):
    """As it is now: while it goes on it has no `usage`, and its choices no `finish_reason`."""

    id: str
    object: Literal["chat.completion"]
    created: Created
    model: ModelName
    system_fingerprint: None
    choices: list[StoredChoice]
    usage: CompletionUsage | None
    metadata: Metadata
    temperature: float | None
    top_p: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    seed: int | None


class StoredCompletionList(Answer):
    object: Literal["list"]
    data: list[StoredCompletion]
    first_id: str | None
    last_id: Annotated[str | None, Field(description="To be given as `after` for the next page.")]
    has_more: bool


class DeletedCompletion(Answer):
    id: str
    object: Literal["chat.completion.deleted"]
    deleted: Literal[True]


class StoredMessage(Answer):
    id: str
    role: Literal["system", "user", "assistant", "data", "tool"]
    content: str
    name: None
    content_parts: None


class StoredMessageList(Answer):
    object: Literal["list"]
    data: list[StoredMessage]
    first_id: str | None
    last_id: Annotated[str | None, Field(description="To be given as `after` for the next page.")]
    has_more: bool


class ModelObject(Answer):
    id: str
    object: Literal["model"]
    created: Annotated[int, Field(description="0: it is not known.")]
    owned_by: Annotated[str, Field(description="The backend that serves it.")]
    context_window: Annotated[int, Field(description="The most tokens of prompt and reply, where known.")] = 0
    alias_of: Annotated[str, Field(description="The model that this is another name of.")] = ""


class ModelList(Answer):
    object: Literal["list"]
    data: list[ModelObject]


class Error(Answer):
    error: ErrorObject


class Health(Answer):
    status: Literal["ok"]


class Check(Answer):
    status: Literal["ok", "failed", "timeout"]


class Readiness(Answer):
    status: Literal["ok", "unavailable"]
    checks: dict[str, Check]
