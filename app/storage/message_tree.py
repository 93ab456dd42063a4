"""Reading the trees of messages: their branches, siblings, single messages, each in one statement for however many."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId, MessageId
from app.chat.message_parts import MessageParts
from app.chat.paging import BranchQuery, Depth, Page, Window
from app.chat.records import Conversation, Message
from app.storage.client import Database
from app.storage.message_tree_statements import (
    MESSAGE_IN_CONVERSATION,
    in_flight,
    messages,
    pages_of_branches,
    siblings,
)
from app.storage.reaching import run_statement
from app.storage.rows import Row, Values, conversation_of, message_of, message_reader

MAX_BRANCH_PAGE_BYTES = 32 * 1024 * 1024
"""Of the text of all messages but the last one of a page, in UTF-8."""
MAX_ANSWER_BYTES = 128 * 1024 * 1024
"""Of the text of all such pages but their very last message, or of all siblings, in one answer: it is in memory as a
whole, and has to come before a request's time is over.
"""
NOTHING: Page[Message] = Page([], False, False)
"""Of a tip that does not exist, or is another's."""
_depth: Final = attrgetter("depth")


class PrismaMessageTree:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def messages(self, owner: str, ids: Sequence[MessageId], parts: MessageParts) -> Mapping[MessageId, Message]:
        rows = await run_statement(self._db, messages(parts), owner, ids, reads=True)
        return {each.id: each for each in map(message_reader(parts), rows)}

    async def message_in_conversation(self, owner: str, id: MessageId) -> tuple[Message, Conversation] | None:
        rows = await run_statement(self._db, MESSAGE_IN_CONVERSATION, owner, id, reads=True)
        return (message_of(rows[0]["message"]), conversation_of(rows[0]["conversation"])) if rows else None

    async def in_flight(
        self, owner: str, ids: Sequence[ConversationId], parts: MessageParts
    ) -> Mapping[ConversationId, Sequence[Message]]:
        parts |= MessageParts.PLACE
        groups: dict[ConversationId, list[Message]] = defaultdict(list)
        for each in _messages(await run_statement(self._db, in_flight(parts), owner, ids, reads=True), parts):
            groups[each.conversation_id].append(each)
        return groups

    async def branch_page(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        rows = await self._pages(owner, [_asked(0, tip, window)], MessageParts.WHOLE)
        for *_, after_known, before_known in (row["span"] for row in rows if row["span"]):
            for name, known in (("after", after_known), ("before", before_known)):
                if not known:
                    raise BadInput(name, "is not a cursor of this conversation")
        return pages_of(rows, message_of).get(0, NOTHING)

    async def branch_pages(
        self, owner: str, queries: Sequence[BranchQuery], parts: MessageParts
    ) -> Mapping[BranchQuery, Page[Message]]:
        found: dict[int, Page[Message]] = {}
        left: Sequence[int] = range(len(queries))
        while left:  # of what is left, an answer has the first page at least
            rows = await self._pages(owner, [_asked(number, *queries[number]) for number in left], parts)
            found |= pages_of(rows, message_reader(parts))
            left = sorted(row["number"] for row in rows if row["span"] and row["number"] not in found)
        return {query: found.get(number, NOTHING) for number, query in enumerate(queries)}

    async def siblings(
        self, owner: str, ids: Sequence[MessageId], parts: MessageParts
    ) -> Mapping[MessageId, Sequence[Message]]:
        parts |= MessageParts.PLACE
        rows = await run_statement(self._db, siblings(parts), owner, ids, MAX_ANSWER_BYTES, reads=True)
        if any(row["message"] is None for row in rows):
            raise BadInput("siblings", f"have more than {MAX_ANSWER_BYTES:,} bytes of text together")
        groups: dict[Any, list[Message]] = defaultdict(list)
        for each in _messages(rows, parts):
            groups[each.conversation_id, each.parent_id].append(each)
        group_of = {each.id: group for group in groups.values() for each in group}
        return {id: group_of[id] for id in ids if id in group_of}

    async def _pages(self, owner: str, asked: Sequence[Row], parts: MessageParts) -> Sequence[Record]:
        limits = max_bytes(len(asked))
        return await run_statement(self._db, pages_of_branches(parts), owner, json.dumps(asked), *limits, reads=True)


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


def max_bytes(pages: int) -> tuple[int, int]:
    """Of each of so many in one answer, and of them all. Never 0, with which a page would not even begin."""
    return min(MAX_BRANCH_PAGE_BYTES, max(MAX_ANSWER_BYTES // max(pages, 1), 1)), MAX_ANSWER_BYTES


def pages_of(rows: Iterable[Record], message_of: Callable[[Values], Message]) -> dict[int, Page[Message]]:
    """By their numbers, of rows as `pages_of_branches` gives them; without those that had no room beside the others.

    A row is of a message if it has an id, which comes first.
    """
    spans: dict[int, Values] = {}
    messages: dict[int, list[Message]] = defaultdict(list)
    for row in rows:
        if row[0] is not None:
            messages[row["number"]].append(message_of(row))
        elif span := row["span"]:
            spans[row["number"]] = span
    pages = ((number, _page(span, messages[number])) for number, span in spans.items())
    return {number: page for number, page in pages if page}


def _page(span: Values, messages: list[Message]) -> Page[Message] | None:
    depth, low, high, *_ = span
    if messages:
        messages.sort(key=_depth)
        low, high = messages[0].depth, messages[-1].depth
    elif low <= high:
        return None
    return Page(messages, has_next=high < depth, has_previous=low > 0, total=depth + 1)


def _messages(rows: Iterable[Record], parts: MessageParts) -> list[Message]:
    message_of = message_reader(parts)
    return [message_of(row["message"]) for row in rows]
