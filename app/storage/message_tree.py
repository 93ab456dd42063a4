"""Reading the trees of messages: their branches, siblings, single messages, each in one statement for however many."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId, MessageId
from app.chat.paging import BranchQuery, Depth, Page, Window
from app.chat.records import Conversation, Message
from app.storage.client import Database
from app.storage.message_tree_statements import (
    BRANCH_PAGES,
    IN_FLIGHT,
    MESSAGE_IN_CONVERSATION,
    MESSAGES,
    SIBLINGS,
)
from app.storage.reaching import run_statement
from app.storage.rows import Row, conversation_of, message_of_values

MAX_BRANCH_PAGE_BYTES = 32 * 1024 * 1024
"""Of the text of all messages but the last one of a page, in UTF-8."""
MAX_ANSWER_BYTES = 128 * 1024 * 1024
"""Of the text of all such pages but their very last message, or of all siblings, in one answer: PostgreSQL makes one
value of it, which cannot have more than 1 GB.
"""
NOTHING: Page[Message] = Page([], False, False)
"""Of a tip that does not exist, or is another's."""


class PrismaMessageTree:
    """See app.chat.ports.Records."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def messages(self, owner: str, ids: Sequence[MessageId]) -> Mapping[MessageId, Message]:
        rows = await run_statement(self._db, MESSAGES, owner, ids, reads=True)
        return {each.id: each for each in _messages(rows)}

    async def message_in_conversation(self, owner: str, id: MessageId) -> tuple[Message, Conversation] | None:
        rows = await run_statement(self._db, MESSAGE_IN_CONVERSATION, owner, id, reads=True)
        return (message_of_values(rows[0]["message"]), conversation_of(rows[0]["conversation"])) if rows else None

    async def in_flight(self, owner: str, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Sequence[Message]]:
        groups: dict[ConversationId, list[Message]] = defaultdict(list)
        for each in _messages(await run_statement(self._db, IN_FLIGHT, owner, ids, reads=True)):
            groups[each.conversation_id].append(each)
        return groups

    async def branch_page(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        answers = await self._pages(owner, [_asked(0, tip, window)])
        if not answers:
            return NOTHING
        for name in ("after", "before"):
            if not answers[0][f"{name}_known"]:
                raise BadInput(name, "is not a cursor of this conversation")
        return branch_page(answers[0])

    async def branch_pages(self, owner: str, queries: Sequence[BranchQuery]) -> Mapping[BranchQuery, Page[Message]]:
        found: dict[BranchQuery, Page[Message]] = {}
        left = list(range(len(queries)))
        while left:  # of what is left, an answer has the first page at least
            answers = await self._pages(owner, [_asked(number, *queries[number]) for number in left])
            found |= {queries[each["number"]]: branch_page(each) for each in answers if not each["left_out"]}
            left = sorted(each["number"] for each in answers if each["left_out"])
        return {query: found.get(query, NOTHING) for query in queries}

    async def siblings(self, owner: str, ids: Sequence[MessageId]) -> Mapping[MessageId, Sequence[Message]]:
        [answer] = await run_statement(self._db, SIBLINGS, owner, ids, MAX_ANSWER_BYTES, reads=True)
        if len(answer["messages"]) < answer["found"]:
            raise BadInput("siblings", f"have more than {MAX_ANSWER_BYTES:,} bytes of text together")
        groups: dict[Any, list[Message]] = defaultdict(list)
        for each in map(message_of_values, answer["messages"]):
            groups[each.conversation_id, each.parent_id].append(each)
        group_of = {each.id: group for group in groups.values() for each in group}
        return {id: group_of[id] for id in ids if id in group_of}

    async def _pages(self, owner: str, asked: Iterable[Row]) -> list[asyncpg.Record]:
        pages = list(asked)
        return await run_statement(self._db, BRANCH_PAGES, owner, json.dumps(pages), *max_bytes(len(pages)), reads=True)


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


def branch_page(answer: Row) -> Page[Message]:
    """Of a row of `branch_page` in the statements."""
    return Page(
        [message_of_values(values) for values in answer["messages"]],
        has_next=answer["has_next"],
        has_previous=answer["has_previous"],
        total=answer["total"],
    )


def _messages(rows: Iterable[Row]) -> list[Message]:
    return [message_of_values(row["message"]) for row in rows]
