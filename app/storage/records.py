"""Conversations and messages in PostgreSQL through Prisma (app.chat.ports.Records)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from prisma import Json
from prisma.types import ConversationUpdateInput

from app.chat.changes import ConversationChanges, NewTurn, StartedTurn
from app.chat.completion import PromptMessage
from app.chat.identifiers import ConversationId, MessageId, TurnId, WriterId
from app.chat.message_parts import MessageParts
from app.chat.overview import Overview, Shown
from app.chat.paging import ActivityKey, BranchQuery, CompletionPage, CompletionQuery, Page, Window
from app.chat.records import Completion, Conversation, Message, Metadata
from app.chat.search_hit import SearchHit, SearchKey
from app.storage.branches import PrismaBranches
from app.storage.client import Database
from app.storage.completions import PrismaCompletions
from app.storage.conversations import PrismaConversations
from app.storage.message_tree import PrismaMessageTree
from app.storage.reaching import reaching_database, run_statement
from app.storage.search import PrismaSearch
from app.storage.statements import DELETE_CONVERSATION
from app.storage.turns import PrismaTurns


class PrismaRecords:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._conversations = PrismaConversations(database)
        self._tree = PrismaMessageTree(database)
        self._turns = PrismaTurns(database)
        self._branches = PrismaBranches(database)
        self._completions = PrismaCompletions(database)
        self._search = PrismaSearch(database)

    async def create_conversation(self, conversation: Conversation) -> Conversation:
        async with reaching_database():
            row = await self._db.conversation.create(
                data={
                    "id": str(conversation.id),
                    "owner": conversation.owner,
                    "title": conversation.title,
                    "system_prompt": conversation.system_prompt,
                    "model": conversation.model,
                    "metadata": Json(dict(conversation.metadata)),
                    "created_at": conversation.created_at,
                    "updated_at": conversation.updated_at,
                }
            )
        return replace(conversation, created_at=row.created_at, updated_at=row.updated_at)

    async def import_conversation(
        self, conversation: Conversation, messages: Sequence[tuple[MessageId, PromptMessage]]
    ) -> Conversation:
        return await self._branches.import_conversation(conversation, messages)

    async def select_branch(self, owner: str, message: MessageId) -> Conversation | None:
        return await self._branches.select(owner, message)

    async def update_conversation(
        self, owner: str, id: ConversationId, changes: ConversationChanges
    ) -> Conversation | None:
        data: dict[str, Any] = {**changes.given(), "updated_at": datetime.now(UTC)}
        if "metadata" in data:
            data["metadata"] = Json(dict(data["metadata"]))
        async with reaching_database():
            changed = await self._db.conversation.update_many(
                where={"id": str(id), "owner": owner}, data=cast("ConversationUpdateInput", data)
            )
        return (await self.conversations(owner, [id])).get(id) if changed else None

    async def delete_conversation(self, owner: str, id: ConversationId) -> bool:
        [answer] = await run_statement(self._db, DELETE_CONVERSATION, id, owner)
        return bool(answer["deleted"])

    async def conversations(self, owner: str, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        return await self._conversations.find(owner, ids)

    async def conversation_page(
        self, owner: str, window: Window[ActivityKey], *, archived: bool | None
    ) -> Page[Conversation]:
        return await self._conversations.page(owner, window, archived=archived)

    async def overview(
        self,
        owner: str,
        window: Window[ActivityKey],
        shown: Shown,
        *,
        archived: bool | None,
        parts: MessageParts = MessageParts.WHOLE,
    ) -> Overview:
        return await self._conversations.overview(owner, window, shown, archived=archived, parts=parts)

    async def conversation_count(self, owner: str, *, archived: bool | None) -> int:
        return await self._conversations.count(owner, archived=archived)

    async def messages(
        self, owner: str, ids: Sequence[MessageId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[MessageId, Message]:
        return await self._tree.messages(owner, ids, parts)

    async def message_in_conversation(self, owner: str, id: MessageId) -> tuple[Message, Conversation] | None:
        return await self._tree.message_in_conversation(owner, id)

    async def siblings(
        self, owner: str, ids: Sequence[MessageId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[MessageId, Sequence[Message]]:
        return await self._tree.siblings(owner, ids, parts)

    async def branch_page(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        return await self._tree.branch_page(owner, tip, window)

    async def branch_pages(
        self, owner: str, queries: Sequence[BranchQuery], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[BranchQuery, Page[Message]]:
        return await self._tree.branch_pages(owner, queries, parts)

    async def active_replies(
        self, owner: str, ids: Sequence[ConversationId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[ConversationId, Sequence[Message]]:
        return await self._tree.in_flight(owner, ids, parts)

    async def begin_turn(self, turn: NewTurn, writer: WriterId) -> StartedTurn:
        return await self._turns.begin(turn, writer)

    async def repeated_turn(self, owner: str, idempotency_key: str, payload_digest: bytes) -> StartedTurn | None:
        return await self._turns.repeated(owner, idempotency_key, payload_digest)

    async def claim_turns(self, writer: WriterId) -> Sequence[StartedTurn]:
        return await self._turns.claim(writer)

    async def completion(self, owner: str, id: TurnId) -> Completion | None:
        return await self._completions.find(owner, id)

    async def completion_page(self, owner: str, query: CompletionQuery) -> CompletionPage:
        return await self._completions.page(owner, query)

    async def label_completion(self, owner: str, id: TurnId, metadata: Metadata) -> Completion | None:
        return await self._completions.label(owner, id, metadata)

    async def delete_completion(self, owner: str, id: TurnId) -> Sequence[MessageId]:
        return await self._completions.delete(owner, id)

    async def search(self, owner: str, query: str, window: Window[SearchKey]) -> Page[SearchHit]:
        return await self._search.find(owner, query, window)
