"""Conversations and messages in PostgreSQL through Prisma (app.chat.ports.Records)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal, cast

from prisma import Json
from prisma.enums import MessageStatus
from prisma.errors import RawQueryError
from prisma.models import Conversation as ConversationRow
from prisma.models import Message as MessageRow
from prisma.types import ConversationUpdateInput, ConversationWhereInput, MessageWhereInput

from app.chat.changes import ConversationChanges, NewTurn, StartedTurn, WhenBusy
from app.chat.errors import BadInput, ConversationBusy, IdempotencyConflict, NotFound, StorageUnavailable
from app.chat.identifiers import ConversationId, MessageId, WriterId
from app.chat.paging import ActivityKey, Page, Window
from app.chat.records import Conversation, Message
from app.storage.client import Database
from app.storage.errors import StorageUnavailableError
from app.storage.rows import Row, conversation_of, message_of, stored_parameters
from app.storage.statements import BEGIN_CONVERSATION, BEGIN_TURN, BRANCH_PAGE, CLAIM_TURNS, DELETE_CONVERSATION

MAX_QUEUED_TURNS = 100
"""Of a conversation, the running one included."""
MAX_CLAIMED_TURNS = 20
"""At once, so that what waits is spread over the processes."""

_UNIQUE_VIOLATION = "23505"
_IN_FLIGHT: list[MessageWhereInput] = [{"status": MessageStatus.QUEUED}, {"status": MessageStatus.STREAMING}]


class PrismaRecords:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def create_conversation(self, conversation: Conversation) -> Conversation:
        async with _reaching_database():
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
        async with _reaching_database():
            changed = await self._db.conversation.update_many(
                where={"id": str(id), "owner": owner}, data=cast("ConversationUpdateInput", data)
            )
        return (await self.conversations(owner, [id])).get(id) if changed else None

    async def delete_conversation(self, owner: str, id: ConversationId) -> bool:
        async with _reaching_database():
            [answer] = await self._db.query_raw(DELETE_CONVERSATION, str(id), owner)
        return bool(answer["deleted"])

    async def conversations(self, owner: str, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        async with _reaching_database():
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
        async with _reaching_database():
            rows = await self._db.conversation.find_many(
                where=where, order=[{"updated_at": direction}, {"id": direction}], take=window.size + 1
            )
        more = len(rows) > window.size
        items = _conversations(rows[: window.size])
        if window.backward:
            return Page(items[::-1], has_next=window.before is not None, has_previous=more)
        return Page(items, has_next=more, has_previous=window.after is not None)

    async def conversation_count(self, owner: str, *, archived: bool | None) -> int:
        async with _reaching_database():
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
        async with _reaching_database():
            [answer] = await self._db.query_raw(BRANCH_PAGE, *arguments)
        for name in ("after", "before"):
            if answer[f"{name}_known"] is False:
                raise BadInput(name, "is not a cursor of this conversation")
        items = [message_of(row) for row in answer["messages"]]
        return Page(items, has_next=bool(answer["has_next"]), has_previous=bool(answer["has_previous"]))

    async def active_replies(
        self, owner: str, ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Sequence[MessageId]]:
        found = await self._find_messages(owner, {"conversation_id": {"in": _texts(ids)}, "OR": _IN_FLIGHT})
        groups: dict[ConversationId, list[MessageId]] = defaultdict(list)
        for each in found:
            groups[each.conversation_id].append(each.id)
        return groups

    async def begin_turn(self, turn: NewTurn, writer: WriterId) -> StartedTurn:
        statement = BEGIN_CONVERSATION if turn.conversation else BEGIN_TURN
        while True:
            try:
                async with _reaching_database():
                    [answer] = await self._db.query_raw(statement, *_begin_arguments(turn, writer))
            except RawQueryError as error:
                if error.meta.get("code") != _UNIQUE_VIOLATION:
                    raise
                if turn.post.when_busy is WhenBusy.ENQUEUE and not await self._repeated(turn):
                    continue  # a turn began after this statement's snapshot; the next one sees it, and queues
                return await self._explain_refusal(turn)
            if answer["conversation"]:
                return _started(answer)
            if not answer["alive"]:
                raise StorageUnavailable("this server has just lost its lease; try again")
            if not answer["found"]:
                raise NotFound("conversation")
            if answer["refused"]:
                return await self._explain_refusal(turn)
            if turn.post.parent_id or not answer["has_tip"]:
                raise NotFound("parent message")
            # The tip was committed after this statement's snapshot, while it waited for the conversation's lock.

    async def claim_turns(self, writer: WriterId) -> Sequence[StartedTurn]:
        async with _reaching_database():
            try:
                rows = await self._db.query_raw(CLAIM_TURNS, str(writer), MAX_CLAIMED_TURNS)
            except RawQueryError as error:
                if error.meta.get("code") != _UNIQUE_VIOLATION:
                    raise
                return ()  # somebody else's turn has begun; its end will tell
        return [_started(row) for row in rows]

    async def _explain_refusal(self, turn: NewTurn) -> StartedTurn:
        """Why a turn was refused: the same post again has its first answer, even if its conversation is busy."""
        if started := await self._repeated(turn):
            return started
        active = await self.active_replies(turn.owner, [turn.conversation_id])
        raise ConversationBusy(next(iter(active.get(turn.conversation_id, ())), None))

    async def _repeated(self, turn: NewTurn) -> StartedTurn | None:
        if turn.post.idempotency_key is None:
            return None
        async with _reaching_database():
            first = await self._db.turn.find_first(
                where={"owner": turn.owner, "idempotency_key": turn.post.idempotency_key},
                include={"messages": {"order_by": {"id": "asc"}}, "conversation": True},
            )
        if first is None or first.conversation is None:
            return None
        if first.payload_digest is None or first.payload_digest.decode() != turn.payload_digest:
            raise IdempotencyConflict
        messages = [message_of(dict(row)) for row in first.messages or ()]
        posted = next(each for each in messages if str(each.id) == first.message_id)
        replies = tuple(each for each in messages if each is not posted)
        return StartedTurn(conversation_of(dict(first.conversation)), posted, replies, repeated=True)

    async def _find_messages(self, owner: str, where: MessageWhereInput) -> list[Message]:
        """Oldest first."""
        async with _reaching_database():
            rows = await self._db.message.find_many(
                where={"AND": [where, {"conversation": {"is": {"owner": owner}}}]},
                order=[{"created_at": "asc"}, {"id": "asc"}],
            )
        return _messages(rows)


def _begin_arguments(turn: NewTurn, writer: WriterId) -> list[Any]:
    post = turn.post
    return [
        str(turn.conversation_id),
        turn.owner,
        str(writer),
        str(turn.id),
        str(turn.message_id),
        "{" + ",".join(map(str, turn.reply_ids)) + "}",
        post.idempotency_key,
        turn.payload_digest.hex(),
        post.role.value,
        post.content,
        json.dumps(dict(post.metadata)),
        turn.model,
        json.dumps(stored_parameters(post.parameters)),
        _text(post.parent_id),
        MAX_QUEUED_TURNS if post.when_busy is WhenBusy.ENQUEUE else 0,
    ]


def _started(row: Row) -> StartedTurn:
    replies = tuple(message_of(each) for each in row["replies"])
    return StartedTurn(conversation_of(row["conversation"]), message_of(row["message"]), replies)


@asynccontextmanager
async def _reaching_database() -> AsyncGenerator[None]:
    try:
        yield
    except StorageUnavailableError as error:
        raise StorageUnavailable from error


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
