"""Stored completions in PostgreSQL: turns with replies, found, labelled and deleted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import asyncpg

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
from app.storage.connections import Connection
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
        return _first(await run_statement(self._db, COMPLETION, owner, id, reads=True))

    async def page(self, owner: str, query: CompletionQuery) -> CompletionPage:
        statement = COMPLETIONS_NEWEST_FIRST if query.newest_first else COMPLETIONS_OLDEST_FIRST
        place = (owner, query.after, json.dumps(dict(query.metadata)), query.model, query.limit + 1)
        rows = await run_statement(self._db, statement, *place, reads=True)
        items = tuple(completion_of(row["turn"], row["replies"]) for row in rows[: query.limit])
        return CompletionPage(items, has_more=len(rows) > query.limit)

    async def label(self, owner: str, id: TurnId, metadata: Metadata) -> Completion | None:
        return _first(await run_statement(self._db, LABEL_COMPLETION, owner, id, json.dumps(dict(metadata))))

    async def delete(self, owner: str, id: TurnId) -> Sequence[MessageId]:
        async def delete(connection: Connection) -> asyncpg.Record:
            await connection.fetch(LIMIT_WAITING, f"{LOCK_SECONDS}s", f"{DELETION_SECONDS}s")
            if not await connection.fetch(LOCK_COMPLETION, owner, id):
                raise NotFound("completion")
            [answer] = await connection.fetch(DELETE_COMPLETION, owner, id)
            return answer

        try:
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await self._deletions.acquire()
        except TimeoutError:
            raise StorageUnavailable("too much is being deleted; try again") from None
        try:
            answer = await run_again(lambda: self._db.transaction(delete))
        finally:
            self._deletions.release()
        if not answer["found"]:
            raise NotFound("completion")
        if answer["continued"]:
            raise CompletionContinued
        return list[MessageId](answer["in_flight"])


def _first(rows: Sequence[asyncpg.Record]) -> Completion | None:
    return completion_of(rows[0]["turn"], rows[0]["replies"]) if rows else None
