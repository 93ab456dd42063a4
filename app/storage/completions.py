"""Stored completions in PostgreSQL: turns with replies, found, labelled and deleted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.chat.errors import CompletionContinued, NotFound
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
    LOCK_COMPLETION,
)
from app.storage.reaching import run_again, run_statement
from app.storage.rows import completion_of


class PrismaCompletions:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def find(self, owner: str, id: TurnId) -> Completion | None:
        return _first(await run_statement(self._db, COMPLETION, owner, str(id)))

    async def page(self, owner: str, query: CompletionQuery) -> CompletionPage:
        statement = COMPLETIONS_NEWEST_FIRST if query.newest_first else COMPLETIONS_OLDEST_FIRST
        after = str(query.after) if query.after else None
        metadata = json.dumps(dict(query.metadata))
        rows = await run_statement(self._db, statement, owner, after, metadata, query.model, query.limit + 1)
        items = tuple(completion_of(row["turn"], row["replies"]) for row in rows[: query.limit])
        return CompletionPage(items, has_more=len(rows) > query.limit)

    async def label(self, owner: str, id: TurnId, metadata: Metadata) -> Completion | None:
        return _first(await run_statement(self._db, LABEL_COMPLETION, owner, str(id), json.dumps(dict(metadata))))

    async def delete(self, owner: str, id: TurnId) -> Sequence[MessageId]:
        async def delete() -> dict[str, Any]:
            async with self._db.tx() as transaction:
                if not await transaction.query_raw(LOCK_COMPLETION, owner, str(id)):
                    raise NotFound("completion")
                [answer] = await transaction.query_raw(DELETE_COMPLETION, owner, str(id))
                return dict(answer)

        answer = await run_again(delete)
        if not answer["found"]:
            raise NotFound("completion")
        if answer["continued"]:
            raise CompletionContinued
        return [MessageId(UUID(each)) for each in answer["in_flight"]]


def _first(rows: Sequence[dict[str, Any]]) -> Completion | None:
    return completion_of(rows[0]["turn"], rows[0]["replies"]) if rows else None
