"""Branches in PostgreSQL: one becomes the selected one, or comes into a new conversation as a whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.chat.completion import PromptMessage
from app.chat.identifiers import MessageId
from app.chat.records import Conversation
from app.storage.branch_statements import IMPORT_CONVERSATION, LOCK_CONVERSATION_OF, SELECT_BRANCH
from app.storage.client import Database
from app.storage.reaching import run_again, run_statement
from app.storage.rows import conversation_of


class PrismaBranches:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def select(self, owner: str, message: MessageId) -> Conversation | None:
        async def select() -> list[dict[str, Any]]:
            async with self._db.tx() as transaction:
                if not await transaction.query_raw(LOCK_CONVERSATION_OF, owner, str(message)):
                    return []
                return list(await transaction.query_raw(SELECT_BRANCH, owner, str(message)))

        selected = await run_again(select)
        return conversation_of(selected[0]["conversation"]) if selected else None

    async def import_conversation(
        self, conversation: Conversation, messages: Sequence[tuple[MessageId, PromptMessage]]
    ) -> Conversation:
        rows = [{"id": str(id), "role": each.role.value, "content": each.content} for id, each in messages]
        [answer] = await run_statement(
            self._db,
            IMPORT_CONVERSATION,
            str(conversation.id),
            conversation.owner,
            conversation.title,
            conversation.system_prompt,
            conversation.model,
            json.dumps(dict(conversation.metadata)),
            str(messages[-1][0]),
            json.dumps(rows, ensure_ascii=False),
        )
        return conversation_of(answer["conversation"])
