"""Reading the trees of messages: pages of their branches, and siblings, each in one statement for however many."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.chat.errors import BadInput
from app.chat.identifiers import MessageId
from app.chat.paging import BranchQuery, Depth, Page, Window
from app.chat.records import Message
from app.storage.client import Database
from app.storage.message_tree_statements import BRANCH_PAGES, SIBLINGS
from app.storage.reaching import reaching_database
from app.storage.rows import Row, message_of

MAX_BRANCH_PAGE_BYTES = 32 * 1024 * 1024
"""Of the text of all messages but the last one of a page, in UTF-8."""


class PrismaMessageTree:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def branch_page(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        [answer] = await self._pages(owner, [_asked(0, tip, window)])
        for name in ("after", "before"):
            if answer[f"{name}_known"] is False:
                raise BadInput(name, "is not a cursor of this conversation")
        return _page(answer)

    async def branch_pages(self, owner: str, queries: Sequence[BranchQuery]) -> Mapping[BranchQuery, Page[Message]]:
        answers = await self._pages(owner, [_asked(number, *query) for number, query in enumerate(queries)])
        return {queries[answer["number"]]: _page(answer) for answer in answers}

    async def siblings(self, owner: str, ids: Sequence[MessageId]) -> Mapping[MessageId, Sequence[Message]]:
        wanted = "{" + ",".join(map(str, ids)) + "}"
        async with reaching_database():
            [answer] = await self._db.query_raw(SIBLINGS, owner, wanted)
        groups: dict[Any, list[Message]] = defaultdict(list)
        for each in map(message_of, answer["messages"]):
            groups[each.conversation_id, each.parent_id].append(each)
        group_of = {each.id: group for group in groups.values() for each in group}
        return {id: group_of[id] for id in ids if id in group_of}

    async def _pages(self, owner: str, asked: Iterable[Row]) -> list[dict[str, Any]]:
        async with reaching_database():
            return await self._db.query_raw(BRANCH_PAGES, owner, json.dumps(list(asked)), MAX_BRANCH_PAGE_BYTES)


def _asked(number: int, tip: MessageId, window: Window[MessageId] | Window[Depth]) -> Row:
    return {
        "number": number,
        "tip": str(tip),
        "size": window.size,
        "backward": window.backward,
        **_edge("after", window.after),
        **_edge("before", window.before),
    }


def _edge(name: str, key: MessageId | Depth | None) -> Row:
    return {f"{name}_id": str(key)} if isinstance(key, UUID) else {f"{name}_depth": key}


def _page(answer: Row) -> Page[Message]:
    return Page(
        [message_of(row) for row in answer["messages"]],
        has_next=bool(answer["has_next"]),
        has_previous=bool(answer["has_previous"]),
        total=answer["total"],
    )
