"""Reads stored replies to be played again (app.chat.recording.Recordings)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg

from app.chat.errors import StorageUnavailable
from app.chat.identifiers import MessageId
from app.chat.recording import RecordedDelta, RecordedText, Recording
from app.chat.records import CompletionError, FinishReason, Usage, UsageSource
from app.chat.status import MessageStatus
from app.log.connection import LOST, Connection, Link
from app.log.statements import RECORDED_DELTAS, RECORDED_TEXT, RECORDING

PAGE_DELTAS = 500
PAGE_BYTES = 64 * 1024
"""A page ends with the delta that goes beyond it."""
PAGE_CHARACTERS = 256 * 1024
"""Of a text without its log: larger, since PostgreSQL unpacks the whole text for each page."""
OUTAGE_SECONDS = 10.0
"""How long a read is tried again while the database is away: a replay that has begun outlives a short outage."""

Answer = TypeVar("Answer")


class RecordingReader:
    """On a connection of its own, opened by the first replay: replays do not hold up those who read what is live.

    Args:
        url: of PostgreSQL, as libpq takes it.
    """

    def __init__(self, url: str) -> None:
        self._link = Link(url, "recordings")

    async def close(self) -> None:
        await self._link.close()

    async def find(self, owner: str, id: MessageId) -> Recording | None:
        row = await self._read(lambda connection: connection.fetchrow(RECORDING, id, owner))
        return _recording(row) if row else None

    async def deltas(self, id: MessageId, after: int) -> Sequence[RecordedDelta]:
        rows = await self._read(
            lambda connection: connection.fetch(RECORDED_DELTAS, id, after, PAGE_DELTAS, PAGE_BYTES)
        )
        return [
            RecordedDelta(seq, created_at, content, reasoning or "", final)
            for seq, created_at, content, reasoning, final in rows
        ]

    async def text(self, id: MessageId, *, content_from: int, reasoning_from: int) -> RecordedText | None:
        row = await self._read(
            lambda connection: connection.fetchrow(RECORDED_TEXT, id, content_from, reasoning_from, PAGE_CHARACTERS)
        )
        return RecordedText(row["content"], row["reasoning"], row["characters"]) if row else None

    async def _read(self, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        try:
            async with asyncio.timeout(OUTAGE_SECONDS):
                return await self._link.insist(work)
        except LOST as error:
            raise StorageUnavailable from error


def _recording(row: asyncpg.Record) -> Recording:
    usage = error = None
    if row["usage_source"]:
        usage = Usage(row["prompt_tokens"], row["completion_tokens"], UsageSource(row["usage_source"]))
    if row["error_code"]:
        error = CompletionError(row["error_code"], row["error_message"], row["error_retryable"])
    return Recording(
        id=MessageId(row["id"]),
        status=MessageStatus(row["status"]),
        started_at=row["started_at"],
        ended_at=row["completed_at"],
        finish_reason=FinishReason(row["finish_reason"]) if row["finish_reason"] else None,
        usage=usage,
        error=error,
    )
