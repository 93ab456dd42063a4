"""Replies as they lie in the database when they have ended, with a log of any times that a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.chat.identifiers import ConversationId, MessageId, new_conversation_id, new_message_id
from app.chat.records import CompletionError, FinishReason, Usage
from app.chat.status import MessageStatus
from app.log.connection import Connection

STARTED_AT = datetime(2026, 1, 31, 23, 59, 59, 250_000, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SaidDelta:
    """Args:
    after_ms: the start of the reply.
    """

    after_ms: int
    content: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class StoredReply:
    """Args:
    ended_after_ms: the start; None of one in flight.
    kept: whether its log still is.
    """

    deltas: Sequence[SaidDelta] = ()
    ended_after_ms: int | None = 0
    status: MessageStatus = MessageStatus.COMPLETE
    owner: str = "local"
    role: str = "ASSISTANT"
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    error: CompletionError | None = None
    kept: bool = True

    @property
    def content(self) -> str:
        return "".join(each.content for each in self.deltas)

    @property
    def reasoning(self) -> str:
        return "".join(each.reasoning for each in self.deltas)


async def store(sql: Connection, reply: StoredReply) -> MessageId:
    id, conversation = new_message_id(), new_conversation_id()
    async with sql.transaction():
        await sql.execute("INSERT INTO conversations (id, owner) VALUES ($1, $2)", conversation, reply.owner)
        await _store_message(sql, reply, id, conversation)
        if reply.kept:
            await _store_log(sql, reply, id)
    return id


async def _store_message(sql: Connection, reply: StoredReply, id: MessageId, conversation: ConversationId) -> None:
    usage, error = reply.usage, reply.error
    values: dict[str, object] = {
        "id": id,
        "conversation_id": conversation,
        "depth": 0,
        "role": reply.role,
        "status": reply.status,
        "content": reply.content if reply.ended_after_ms is not None else "",
        "reasoning": reply.reasoning or None,
        "seq": len(reply.deltas),
        "finish_reason": reply.finish_reason,
        "prompt_tokens": usage and usage.prompt_tokens,
        "completion_tokens": usage and usage.completion_tokens,
        "usage_source": usage and usage.source,
        "error_code": error and error.code,
        "error_message": error and error.message,
        "error_retryable": error and error.retryable,
        "created_at": STARTED_AT,
        "completed_at": None if reply.ended_after_ms is None else _after(reply.ended_after_ms),
    }
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await sql.execute(f"INSERT INTO messages ({', '.join(values)}) VALUES ({places})", *values.values())


async def _store_log(sql: Connection, reply: StoredReply, id: MessageId) -> None:
    rows: list[tuple[object, ...]] = [
        (id, seq, each.content, each.reasoning or None, False, _after(each.after_ms))
        for seq, each in enumerate(reply.deltas, 1)
    ]
    if reply.ended_after_ms is not None:
        rows.append((id, len(rows) + 1, "", None, True, _after(reply.ended_after_ms)))
    insert = (
        "INSERT INTO deltas (message_id, seq, content, reasoning, final, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    await sql.executemany(insert, rows)


async def trim(sql: Connection, id: MessageId) -> None:
    """As retention does it in the end."""
    await sql.execute("DELETE FROM deltas WHERE message_id = $1", id)


def _after(milliseconds: int) -> datetime:
    return STARTED_AT + timedelta(milliseconds=milliseconds)
