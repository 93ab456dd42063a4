"""Rows as records. Columns have the names that Prisma's models give them; statements tell most rows as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from app.chat.identifiers import ConversationId, MessageId, TurnId
from app.chat.parameters import CompletionParameters
from app.chat.records import (
    Completion,
    CompletionError,
    Conversation,
    FinishReason,
    Message,
    Role,
    Text,
    Usage,
    UsageSource,
)
from app.chat.status import MessageStatus

Row: TypeAlias = Mapping[str, Any] | asyncpg.Record
"""Of a statement, or as JSON within one."""

MESSAGE_COLUMNS = (
    "id",
    "conversation_id",
    "parent_id",
    "turn_id",
    "depth",
    "role",
    "status",
    "content",
    "reasoning",
    "seq",
    "model",
    "parameters",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "usage_source",
    "error_code",
    "error_message",
    "error_retryable",
    "metadata",
    "created_at",
    "completed_at",
)
"""What a message is made of, in the order in which statements give the values alone."""

_message_values = itemgetter(*MESSAGE_COLUMNS)

_PARAMETERS = tuple(each.name for each in fields(CompletionParameters))
_NO_PARAMETERS = CompletionParameters()
# By value: to look one up takes a fraction of what a call of the class takes.
_ROLES: Mapping[str, Role] = {each.value: each for each in Role}
_STATUSES: Mapping[str, MessageStatus] = {each.value: each for each in MessageStatus}


def conversation_of(row: Row) -> Conversation:
    return Conversation(
        id=ConversationId(UUID(row["id"])),
        owner=row["owner"],
        created_at=_time(row["created_at"]),
        updated_at=_time(row["updated_at"]),
        title=row["title"],
        system_prompt=row["system_prompt"],
        model=row["model"],
        metadata=row["metadata"],
        archived=row["archived"],
        tip_id=MessageId(UUID(row["tip_id"])) if row["tip_id"] else None,
    )


def message_of(row: Row) -> Message:
    return message_of_values(_message_values(row))


def message_of_values(values: Sequence[Any]) -> Message:
    """Of the values of MESSAGE_COLUMNS: most of what a page costs this process is to make messages."""
    (id, conversation_id, parent_id, turn_id, depth, role, status, content, reasoning, seq, model, parameters,
     finish_reason, prompt_tokens, completion_tokens, usage_source, error_code, error_message, error_retryable,
     metadata, created_at, completed_at) = values  # fmt: skip
    return Message(
        id=MessageId(_uuid(id)),
        conversation_id=ConversationId(_uuid(conversation_id)),
        role=_ROLES[role],
        status=_STATUSES[status],
        created_at=_time(created_at),
        depth=depth,
        parent_id=MessageId(_uuid(parent_id)) if parent_id else None,
        turn_id=TurnId(_uuid(turn_id)) if turn_id else None,
        text=Text(seq, content, reasoning),
        model=model,
        parameters=parameters_of(parameters),
        finish_reason=FinishReason(finish_reason) if finish_reason else None,
        usage=Usage(prompt_tokens, completion_tokens, UsageSource(usage_source)) if usage_source else None,
        error=None if error_code is None else CompletionError(error_code, error_message, error_retryable),
        metadata=metadata,
        completed_at=_time(completed_at) if completed_at else None,
    )


def completion_of(turn: Row, replies: Sequence[Row]) -> Completion:
    return Completion(
        id=TurnId(UUID(turn["id"])),
        conversation_id=ConversationId(UUID(turn["conversation_id"])),
        message_id=MessageId(UUID(turn["message_id"])),
        created_at=_time(turn["created_at"]),
        replies=tuple(message_of(each) for each in replies),
        metadata=turn["metadata"],
    )


def parameters_of(stored: Mapping[str, Any]) -> CompletionParameters:
    """Of a newer release's parameters those that this one knows: the two serve side by side for a while."""
    if not stored:
        return _NO_PARAMETERS
    known = {name: stored[name] for name in _PARAMETERS if name in stored}
    return CompletionParameters(**{**known, "stop": tuple(stored.get("stop", ()))})


def _time(value: datetime | str) -> datetime:
    time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return time if time.tzinfo is UTC else time.astimezone(UTC)


_uuid = lru_cache(maxsize=1024)(UUID)
"""Each message of a page names its conversation, the message before it, and often the turn of that."""
