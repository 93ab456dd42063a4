"""Conversations and messages in PostgreSQL through Prisma (app.chat.ports.Records)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, cast

from prisma import Json
from prisma.models import Conversation as ConversationRow
from prisma.models import Message as MessageRow
from prisma.types import ConversationUpdateInput, ConversationWhereInput, MessageWhereInput

from app.chat.changes import ConversationChanges, NewTurn, StartedTurn
from app.chat.completion import PromptMessage
from app.chat.identifiers import ConversationId, MessageId, TurnId, WriterId
from app.chat.paging import ActivityKey, BranchQuery, CompletionPage, CompletionQuery, Page, Window
from app.chat.records import Completion, Conversation, Message, Metadata
from app.chat.search_hit import SearchHit, SearchKey
from app.storage.branches import PrismaBranches
from app.storage.client import Database
from app.storage.completions import PrismaCompletions
from app.storage.message_tree import PrismaMessageTree
from app.storage.reaching import reaching_database, run_statement
from app.storage.rows import conversation_of, message_of
from app.storage.search import PrismaSearch
from app.storage.statements import DELETE_CONVERSATION
from app.storage.turns import IN_FLIGHT, PrismaTurns


class PrismaRecords:
    def __init__(self, database: Database) -> None:
        self._db = database
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
        return conversation_of(dict(row))

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
        [answer] = await run_statement(self._db, DELETE_CONVERSATION, str(id), owner)
        return bool(answer["deleted"])

    async def conversations(self, owner: str, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        async with reaching_database():
            rows = await self._db.conversation.find_many(where={"id": {"in": _texts(ids)}, "owner": owner})
        return {each.id: each for each in _conversations(rows)}

    async def conversation_page(
        self, owner: str, window: Window[ActivityKey], *, archived: bool | None
    ) -> Page[Conversation]:
        # Newest first: what comes after a cursor is older than it.
        where = _owned(owner, archived)
        where["AND"] = [
            *([_beyond(window.after, "lt")] if window.after else []),
            *([_beyond(window.before, "gt")] if window.before else []),
        ]
        direction: Literal["asc", "desc"] = "asc" if window.backward else "desc"
        async with reaching_database():
            rows = await self._db.conversation.find_many(
                where=where, order=[{"updated_at": direction}, {"id": direction}], take=window.size + 1
            )
        more = len(rows) > window.size
        items = _conversations(rows[: window.size])
        if window.backward:
            return Page(items[::-1], has_next=window.before is not None, has_previous=more)
        return Page(items, has_next=more, has_previous=window.after is not None)

    async def conversation_count(self, owner: str, *, archived: bool | None) -> int:
        async with reaching_database():
            return await self._db.conversation.count(where=_owned(owner, archived))

    async def messages(self, owner: str, ids: Sequence[MessageId]) -> Mapping[MessageId, Message]:
        return {each.id: each for each in await self._find_messages(owner, {"id": {"in": _texts(ids)}})}

    async def siblings(self, owner: str, ids: Sequence[MessageId]) -> Mapping[MessageId, Sequence[Message]]:
        return await self._tree.siblings(owner, ids)

    async def branch_page(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        return await self._tree.branch_page(owner, tip, window)

    async def branch_pages(self, owner: str, queries: Sequence[BranchQuery]) -> Mapping[BranchQuery, Page[Message]]:
        return await self._tree.branch_pages(owner, queries)

    async def active_replies(
        self, owner: str, ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Sequence[Message]]:
        found = await self._find_messages(owner, {"conversation_id": {"in": _texts(ids)}, "OR": IN_FLIGHT})
        groups: dict[ConversationId, list[Message]] = defaultdict(list)
        for each in found:
            groups[each.conversation_id].append(each)
        return groups

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

    async def _find_messages(self, owner: str, where: MessageWhereInput) -> list[Message]:
        """Oldest first."""
        async with reaching_database():
            rows = await self._db.message.find_many(
                where={"AND": [where, {"conversation": {"is": {"owner": owner}}}]},
                order=[{"created_at": "asc"}, {"id": "asc"}],
            )
        return _messages(rows)


def _owned(owner: str, archived: bool | None) -> ConversationWhereInput:
    return {"owner": owner} if archived is None else {"owner": owner, "archived": archived}


def _beyond(key: ActivityKey, side: str) -> ConversationWhereInput:
    where = {
        "OR": [
            {"updated_at": {side: key.updated_at}},
            {"updated_at": key.updated_at, "id": {side: str(key.id)}},
        ]
    }
    return cast("ConversationWhereInput", where)


def _conversations(rows: Iterable[ConversationRow]) -> list[Conversation]:
    return [conversation_of(dict(row)) for row in rows]


def _messages(rows: Iterable[MessageRow]) -> list[Message]:
    return [message_of(dict(row)) for row in rows]


def _texts(ids: Iterable[object]) -> list[str]:
    return [str(id) for id in ids]
