"""Rows as records. Columns have the names that Prisma's models give them; raw queries return rows as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

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

Row = Mapping[str, Any]

_PARAMETERS = tuple(each.name for each in fields(CompletionParameters))


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
    return Message(
        id=MessageId(UUID(row["id"])),
        conversation_id=ConversationId(UUID(row["conversation_id"])),
        role=Role(row["role"]),
        status=MessageStatus(row["status"]),
        created_at=_time(row["created_at"]),
        depth=row["depth"],
        parent_id=MessageId(UUID(row["parent_id"])) if row["parent_id"] else None,
        turn_id=TurnId(UUID(row["turn_id"])) if row["turn_id"] else None,
        text=Text(row["seq"], row["content"], row["reasoning"]),
        model=row["model"],
        parameters=parameters_of(row["parameters"]),
        finish_reason=FinishReason(row["finish_reason"]) if row["finish_reason"] else None,
        usage=_usage(row),
        error=_error(row),
        metadata=row["metadata"],
        completed_at=_time(row["completed_at"]) if row["completed_at"] else None,
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
    known = {name: stored[name] for name in _PARAMETERS if name in stored}
    return CompletionParameters(**{**known, "stop": tuple(stored.get("stop", ()))})


def stored_parameters(parameters: CompletionParameters) -> dict[str, Any]:
    """Only what was given, so that a default that is added later stays one."""
    return {name: value for name, value in asdict(parameters).items() if value not in (None, ())}


def _usage(row: Row) -> Usage | None:
    if row["usage_source"] is None:
        return None
    return Usage(row["prompt_tokens"], row["completion_tokens"], UsageSource(row["usage_source"]))


def _error(row: Row) -> CompletionError | None:
    if row["error_code"] is None:
        return None
    return CompletionError(row["error_code"], row["error_message"], row["error_retryable"])


def _time(value: datetime | str) -> datetime:
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(UTC)
