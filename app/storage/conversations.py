"""Reading conversations: each by its id, or a page of them with what is shown of each, in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter

from asyncpg import Record

from app.chat.identifiers import ConversationId
from app.chat.message_parts import MessageParts
from app.chat.overview import Overview, Shown
from app.chat.paging import ActivityKey, BranchQuery, Depth, Page, Window
from app.chat.records import Conversation, Message
from app.storage.client import Database
from app.storage.conversation_statements import (
    CONVERSATIONS,
    COUNT,
    NEWEST_FIRST,
    OLDEST_FIRST,
    overview,
)
from app.storage.message_tree import max_bytes, pages_of
from app.storage.reaching import run_statement
from app.storage.rows import conversation_of, message_reader


class PrismaConversations:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def find(self, owner: str, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        rows = await run_statement(self._db, CONVERSATIONS, owner, ids, reads=True)
        return {each.id: each for each in (conversation_of(row["conversation"]) for row in rows)}

    async def page(self, owner: str, window: Window[ActivityKey], *, archived: bool | None) -> Page[Conversation]:
        statement = OLDEST_FIRST if window.backward else NEWEST_FIRST
        return _page(await run_statement(self._db, statement, *_place(owner, window, archived), reads=True), window)

    async def overview(
        self, owner: str, window: Window[ActivityKey], shown: Shown, *, archived: bool | None, parts: MessageParts
    ) -> Overview:
        if shown == Shown():
            return Overview(await self.page(owner, window, archived=archived))
        statement = overview(backward=window.backward, parts=parts)
        limits = max_bytes(window.size * len(shown.branches))
        beside = (_windows(shown.branches), *limits, shown.active, shown.total)
        rows = await run_statement(self._db, statement, *_place(owner, window, archived), *beside, reads=True)
        return _overview(rows, window, shown, parts)

    async def count(self, owner: str, *, archived: bool | None) -> int:
        [answer] = await run_statement(self._db, COUNT, owner, _kinds(archived), reads=True)
        return int(answer["count"])


def _place(owner: str, window: Window[ActivityKey], archived: bool | None) -> tuple[object, ...]:
    return owner, _kinds(archived), *_edge(window.after), *_edge(window.before), window.size


def _kinds(archived: bool | None) -> list[bool]:
    return [False, True] if archived is None else [archived]


def _edge(key: ActivityKey | None) -> tuple[datetime | None, ConversationId | None]:
    return (key.updated_at, key.id) if key else (None, None)


def _windows(windows: Sequence[Window[Depth]]) -> str:
    asked = [
        {
            "window": number,
            "size": each.size,
            "backward": each.backward,
            "after": each.after,
            "before": each.before,
        }
        for number, each in enumerate(windows)
    ]
    return json.dumps(asked)


def _page(rows: Sequence[Record], window: Window[ActivityKey], total: int | None = None) -> Page[Conversation]:
    """Of the rows of a page and one more, if there is one."""
    more = len(rows) > window.size
    items = [conversation_of(row["conversation"]) for row in rows[: window.size]]
    if window.backward:
        return Page(items[::-1], has_next=window.before is not None, has_previous=more, total=total)
    return Page(items, has_next=more, has_previous=window.after is not None, total=total)


def _overview(rows: Sequence[Record], window: Window[ActivityKey], shown: Shown, parts: MessageParts) -> Overview:
    listed = sorted((row for row in rows if row["conversation"]), key=itemgetter("number"))
    page = _page(listed, window, listed[0]["total"] if listed else None)
    in_order = page.items[::-1] if window.backward else page.items
    branches: dict[BranchQuery, Page[Message]] = {}
    for number, branch in pages_of(rows, message_reader(parts)).items():
        conversation, wanted = divmod(number, len(shown.branches))
        if tip := in_order[conversation].tip_id:
            branches[tip, shown.branches[wanted]] = branch
    message_of = message_reader(parts | MessageParts.PLACE)
    active = (message_of(row["active"]) for row in listed[: window.size] if row["active"])
    return Overview(page, branches, {each.conversation_id: each for each in active})
