"""What is stored: conversations, the messages of their trees, and turns.

A page has messages by the hundred, so they and what they consist of are tuples: one is made in a sixth of the time that
a frozen dataclass takes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from app.chat.identifiers import ConversationId, MessageId, TurnId
from app.chat.parameters import CompletionParameters
from app.chat.status import MessageStatus

Metadata = Mapping[str, Any]
_NO_METADATA: Metadata = {}


class Role(enum.StrEnum):
    SYSTEM = "SYSTEM"
    USER = "USER"
    ASSISTANT = "ASSISTANT"
    DATA = "DATA"
    TOOL = "TOOL"


class FinishReason(enum.StrEnum):
    STOP = "STOP"
    LENGTH = "LENGTH"
    CONTENT_FILTER = "CONTENT_FILTER"
    TOOL_CALLS = "TOOL_CALLS"


class UsageSource(enum.StrEnum):
    PROVIDER = "PROVIDER"
    ESTIMATED = "ESTIMATED"


class Usage(NamedTuple):
    """Token counts; `source` says who counted."""

    prompt_tokens: int
    completion_tokens: int
    source: UsageSource

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class CompletionError(NamedTuple):
    """Why a reply FAILED."""

    code: str
    message: str
    retryable: bool


class Text(NamedTuple):
    """What a reply says as of the delta `seq`."""

    seq: int = 0
    content: str = ""
    reasoning: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    id: ConversationId
    owner: str
    created_at: datetime
    updated_at: datetime
    title: str | None = None
    system_prompt: str | None = None
    model: str | None = None
    metadata: Metadata = field(default_factory=dict)
    archived: bool = False
    tip_id: MessageId | None = None


class Message(NamedTuple):
    id: MessageId
    conversation_id: ConversationId
    role: Role
    status: MessageStatus
    created_at: datetime
    depth: int = 0
    parent_id: MessageId | None = None
    turn_id: TurnId | None = None
    text: Text = Text()
    model: str | None = None
    parameters: CompletionParameters = CompletionParameters()
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    error: CompletionError | None = None
    metadata: Metadata = _NO_METADATA
    completed_at: datetime | None = None

    def with_text(self, text: Text) -> Message:
        return self._replace(text=text)


@dataclass(frozen=True, slots=True)
class Completion:
    """A turn with replies, as something of its own.

    Args:
        message_id: what the replies answer: the posted message, or one of an earlier turn, answered anew.
        replies: oldest first.
    """

    id: TurnId
    conversation_id: ConversationId
    message_id: MessageId
    created_at: datetime
    replies: tuple[Message, ...]
    metadata: Metadata = field(default_factory=dict)
