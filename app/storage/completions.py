"""Stored completions in PostgreSQL: turns with replies, found, labelled and deleted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.chat.errors import CompletionContinued, NotFound, StorageUnavailable
from app.chat.identifiers import MessageId, TurnId
from app.chat.paging import CompletionPage, CompletionQuery
from app.chat.records import Completion, Metadata
from app.storage.client import Database
from app.storage.completion_statements import (
    COMPLETION,
    COMPLETIONS_NEWEST_FIRST,
    COMPLETIONS_OLDEST_FIRST,
    DELETE_COMPLETION,
    LABEL_COMPLETION,
    LIMIT_WAITING,
    LOCK_COMPLETION,
)
from app.storage.reaching import run_again, run_statement
from app.storage.rows import completion_of

LOCK_SECONDS = 3
DELETION_SECONDS = 10
MAX_DELETIONS_AT_ONCE = 4
"""Each holds a connection while it waits for whoever posts to its conversation; the pool is everybody's."""
MAX_WAIT_SECONDS = 5


class PrismaCompletions:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._deletions = asyncio.Semaphore(MAX_DELETIONS_AT_ONCE)

    async def find(self, owner: str, id: TurnId) -> Completion | None:
        return _first(await run_statement(self._db, COMPLETION, owner, str(id), reads=True))

    async def page(self, owner: str, query: CompletionQuery) -> CompletionPage:
        statement = COMPLETIONS_NEWEST_FIRST if query.newest_first else COMPLETIONS_OLDEST_FIRST
        after = str(query.after) if query.after else None
        metadata = json.dumps(dict(query.metadata))
        place = (owner, after, metadata, query.model, query.limit + 1)
        rows = await run_statement(self._db, statement, *place, reads=True)
        items = tuple(completion_of(row["turn"], row["replies"]) for row in rows[: query.limit])
        return CompletionPage(items, has_more=len(rows) > query.limit)

    async def label(self, owner: str, id: TurnId, metadata: Metadata) -> Completion | None:
        return _first(await run_statement(self._db, LABEL_COMPLETION, owner, str(id), json.dumps(dict(metadata))))

    async def delete(self, owner: str, id: TurnId) -> Sequence[MessageId]:
        async def delete() -> dict[str, Any]:
            async with self._db.tx(timeout=timedelta(seconds=DELETION_SECONDS)) as transaction:
                await transaction.query_raw(LIMIT_WAITING, f"{LOCK_SECONDS}s", f"{DELETION_SECONDS}s")
                if not await transaction.query_raw(LOCK_COMPLETION, owner, str(id)):
                    raise NotFound("completion")
                [answer] = await transaction.query_raw(DELETE_COMPLETION, owner, str(id))
                return dict(answer)

        try:
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await self._deletions.acquire()
        except TimeoutError:
            raise StorageUnavailable("too much is being deleted; try again") from None
        try:
            answer = await run_again(delete)
        finally:
            self._deletions.release()
        if not answer["found"]:
            raise NotFound("completion")
        if answer["continued"]:
            raise CompletionContinued
        return [MessageId(UUID(each)) for each in answer["in_flight"]]


def _first(rows: Sequence[dict[str, Any]]) -> Completion | None:
    return completion_of(rows[0]["turn"], rows[0]["replies"]) if rows else None
