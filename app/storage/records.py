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
from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId, MessageId, TurnId, WriterId
from app.chat.paging import ActivityKey, CompletionPage, CompletionQuery, Page, Window
from app.chat.records import Completion, Conversation, Message, Metadata
from app.storage.client import Database
from app.storage.completions import PrismaCompletions
from app.storage.reaching import reaching_database, run_statement
from app.storage.rows import conversation_of, message_of
from app.storage.statements import BRANCH_PAGE, DELETE_CONVERSATION
from app.storage.turns import IN_FLIGHT, PrismaTurns

MAX_BRANCH_PAGE_BYTES = 32 * 1024 * 1024
"""Of the text of all messages but the last one of a page, in UTF-8."""


class PrismaRecords:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._turns = PrismaTurns(database)
        self._completions = PrismaCompletions(database)

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
        wanted = await self.messages(owner, ids)
        parents = {str(each.parent_id) for each in wanted.values() if each.parent_id}
        rootless = {str(each.conversation_id) for each in wanted.values() if not each.parent_id}
        found = await self._find_messages(
            owner,
            {
                "OR": [
                    {"parent_id": {"in": list(parents)}},
                    {"parent_id": None, "conversation_id": {"in": list(rootless)}},
                ]
            },
        )
        groups: dict[Any, list[Message]] = defaultdict(list)
        for each in found:
            groups[each.conversation_id, each.parent_id].append(each)
        return {id: groups[each.conversation_id, each.parent_id] for id, each in wanted.items()}

    async def branch_page(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        arguments = [owner, str(tip), _text(window.after), _text(window.before), window.size, window.backward]
        async with reaching_database():
            [answer] = await self._db.query_raw(BRANCH_PAGE, *arguments, MAX_BRANCH_PAGE_BYTES)
        for name in ("after", "before"):
            if answer[f"{name}_known"] is False:
                raise BadInput(name, "is not a cursor of this conversation")
        items = [message_of(row) for row in answer["messages"]]
        return Page(items, has_next=bool(answer["has_next"]), has_previous=bool(answer["has_previous"]))

    async def active_replies(
        self, owner: str, ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Sequence[MessageId]]:
        found = await self._find_messages(owner, {"conversation_id": {"in": _texts(ids)}, "OR": IN_FLIGHT})
        groups: dict[ConversationId, list[MessageId]] = defaultdict(list)
        for each in found:
            groups[each.conversation_id].append(each.id)
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


def _text(id: object | None) -> str | None:
    return None if id is None else str(id)
