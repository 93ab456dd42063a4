"""Branches in PostgreSQL: one becomes the selected one, or comes into a new conversation as a whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import asyncpg

from app.chat.completion import PromptMessage
from app.chat.identifiers import MessageId
from app.chat.records import Conversation
from app.storage.branch_statements import IMPORT_CONVERSATION, SELECT_BRANCH
from app.storage.bulkhead import Bulkhead
from app.storage.client import Database
from app.storage.reaching import run_statement
from app.storage.rows import conversation_of

LOCK_SECONDS: Final = 3
MAX_SELECTIONS_AT_ONCE: Final = 4
"""Each holds a connection while it waits for whoever posts to its conversation; the pool is everybody's."""
MAX_SELECTIONS_AT_ONCE_OF_OWNER: Final = 2
MAX_WAIT_SECONDS: Final = 10


class PrismaBranches:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._selections = Bulkhead(
            MAX_SELECTIONS_AT_ONCE,
            max_at_once_of_owner=MAX_SELECTIONS_AT_ONCE_OF_OWNER,
            max_wait_seconds=MAX_WAIT_SECONDS,
            because="too many branches are being selected; try again",
        )

    async def select(self, owner: str, message: MessageId) -> Conversation | None:
        async def select() -> list[asyncpg.Record]:
            return await run_statement(self._db, SELECT_BRANCH, owner, message, f"{LOCK_SECONDS}s")

        selected = await self._selections.run(owner, select)
        return conversation_of(selected[0]["conversation"]) if selected else None

    async def import_conversation(
        self, conversation: Conversation, messages: Sequence[tuple[MessageId, PromptMessage]]
    ) -> Conversation:
        rows = [{"id": str(id), "role": each.role.value, "content": each.content} for id, each in messages]
        [answer] = await run_statement(
            self._db,
            IMPORT_CONVERSATION,
            conversation.id,
            conversation.owner,
            conversation.title,
            conversation.system_prompt,
            conversation.model,
            json.dumps(dict(conversation.metadata)),
            messages[-1][0],
            json.dumps(rows, ensure_ascii=False),
        )
        return conversation_of(answer["conversation"])
