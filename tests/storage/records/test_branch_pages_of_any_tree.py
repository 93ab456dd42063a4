"""Pages of branches against a model, in trees of any shape; and what they cost PostgreSQL in those of the worst."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chat.identifiers import ConversationId, MessageId, new_conversation_id, new_message_id
from app.chat.message_parts import MessageParts
from app.chat.paging import BranchQuery, Depth, Page, Window
from app.chat.records import Message
from app.log.connection import Connection
from app.storage.message_tree import max_bytes
from app.storage.message_tree_statements import pages_of_branches
from app.storage.records import PrismaRecords

EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)
MANY = 2_000

Shape: TypeAlias = list[tuple[int, int]]
"""Of a tree: for each message how far before it its parent is among those before it, and how long it is."""
SHAPES = st.lists(st.tuples(st.sampled_from([1, 1, 1, 1, 2, 3]), st.integers(0, 4)), min_size=1, max_size=14)
PLACES = st.none() | st.integers(0, 9).map(Depth)
WINDOWS = st.builds(Window[Depth], st.integers(0, 5), st.booleans(), PLACES, PLACES)
ASKED = st.lists(st.tuples(st.integers(0, 50), WINDOWS), min_size=1, max_size=5, unique=True)


@dataclass(frozen=True)
class Stored:
    id: MessageId
    parent: Stored | None
    depth: int
    content: str

    @property
    def branch(self) -> list[Stored]:
        return [*(self.parent.branch if self.parent else ()), self]


@pytest.fixture(scope="module")
async def connection(url: str) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@EXAMPLES
@given(st.lists(SHAPES, min_size=1, max_size=3), ASKED, st.integers(1, 40), st.integers(1, 60))
async def test_a_page_has_what_lies_between_its_edges_as_far_as_there_is_room(
    records: PrismaRecords,
    connection: Connection,
    shapes: list[Shape],
    asked: list[tuple[int, Window[Depth]]],
    most_bytes_of_page: int,
    most_bytes: int,
) -> None:
    owner, stored = await _store(connection, shapes)
    queries = dict.fromkeys(((stored[pick % len(stored)], window) for pick, window in asked))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.storage.message_tree.MAX_BRANCH_PAGE_BYTES", most_bytes_of_page)
        patch.setattr("app.storage.message_tree.MAX_ANSWER_BYTES", most_bytes)
        found = await records.branch_pages(owner, [(tip.id, window) for tip, window in queries])
        expected = _read(list(queries))
    assert {query: _told(page) for query, page in found.items()} == expected


async def test_any_page_of_a_long_conversation_is_read_without_a_step_from_its_end(
    connection: Connection,
) -> None:
    owner, stored = await _store(connection, [[(1, 1)] * MANY])
    middle = Depth(MANY // 2)
    for window in (Window[Depth](10), Window(10, True, None, middle), Window[Depth](10, backward=True)):
        assert await _rows_read(connection, owner, (stored[-1].id, window)) < 5 * window.size


async def test_a_message_with_very_many_siblings_does_not_make_its_page_dearer(connection: Connection) -> None:
    fan = [(number, 1) for number in range(1, MANY)]
    owner, stored = await _store(connection, [[(1, 1), (1, 1), *fan]])
    assert {each.depth for each in stored} == {0, 1, 2}
    assert await _rows_read(connection, owner, (stored[-1].id, Window[Depth](10))) < 50


async def _rows_read(sql: Connection, owner: str, query: BranchQuery) -> int:
    """How many rows PostgreSQL looks at in all."""
    tip, window = query
    asked = {"number": 0, "tip": str(tip), "size": window.size, "backward": window.backward}
    asked |= {"after_depth": window.after, "before_depth": window.before}
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {pages_of_branches(MessageParts.WHOLE)}"
    [plan] = json.loads(await sql.fetchval(explain, owner, json.dumps([asked]), 2**25, 2**27))
    return _scanned(plan["Plan"])


def _scanned(plan: dict[str, object]) -> int:
    below = plan.get("Plans", [])
    assert isinstance(below, list)
    rows, left_out, loops = (plan.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Actual Loops"))
    assert isinstance(rows, int | float)
    assert isinstance(left_out, int | float)
    assert isinstance(loops, int)
    here = int((rows + left_out) * loops) if plan.get("Relation Name") == "messages" else 0
    return here + sum(_scanned(each) for each in below)


def _read(queries: Sequence[tuple[Stored, Window[Depth]]]) -> dict[BranchQuery, tuple[list[str], bool, bool, int]]:
    """What the pages should say: in answers that are filled evenly, one after the other until nothing is left out."""
    read: dict[BranchQuery, tuple[list[str], bool, bool, int]] = {}
    left = list(queries)
    while left:
        of_page, of_all = max_bytes(len(left))
        spans = [_span(tip, window) for tip, window in left]
        taken: list[list[Stored]] = [[] for _ in left]
        bytes_taken = 0
        for place in range(max(map(len, spans))):
            for number, span in enumerate(spans):
                if place < len(span) and sum(map(_bytes, span[:place])) < of_page:
                    if bytes_taken < of_all:
                        taken[number].append(span[place])
                    bytes_taken += _bytes(span[place])
        for (tip, window), span, page in zip(left, spans, taken, strict=True):
            if page or not span:
                read[tip.id, window] = _page(tip, window, page)
        left = [query for query in left if (query[0].id, query[1]) not in read]
    return read


def _span(tip: Stored, window: Window[Depth]) -> list[Stored]:
    """From where the page begins to be filled."""
    branch = tip.branch
    low = 0 if window.after is None else window.after + 1
    between = branch[low : len(branch) if window.before is None else max(window.before, 0)]
    return between[::-1][: window.size] if window.backward else between[: window.size]


def _page(tip: Stored, window: Window[Depth], page: list[Stored]) -> tuple[list[str], bool, bool, int]:
    items = page[::-1] if window.backward else page
    if items:
        first, last = items[0].depth, items[-1].depth
    else:
        low = 0 if window.after is None else window.after + 1
        high = min(tip.depth, tip.depth if window.before is None else window.before - 1)
        first, last = (
            (max(low, high - window.size + 1), high) if window.backward else (low, min(high, low + window.size - 1))
        )
    return [each.content for each in items], last < tip.depth, first > 0, tip.depth + 1


def _told(page: Page[Message]) -> tuple[list[str], bool, bool, int | None]:
    return [each.text.content for each in page.items], page.has_next, page.has_previous, page.total


def _bytes(message: Stored) -> int:
    return len(message.content.encode())


async def _store(sql: Connection, shapes: Sequence[Shape]) -> tuple[str, list[Stored]]:
    """The trees, each in a conversation of the one owner."""
    owner = f"owner-{new_message_id()}"
    every: list[Stored] = []
    for shape in shapes:
        conversation, tree = new_conversation_id(), _tree(shape, len(every))
        await sql.execute("INSERT INTO conversations (id, owner) VALUES ($1, $2)", conversation, owner)
        await sql.copy_records_to_table(
            "messages", records=[_row(conversation, each) for each in tree], columns=_COLUMNS
        )
        every += tree
    return owner, every


_COLUMNS = ["id", "conversation_id", "parent_id", "depth", "role", "status", "content"]


def _row(conversation: ConversationId, each: Stored) -> tuple[object, ...]:
    return each.id, conversation, each.parent and each.parent.id, each.depth, "USER", "COMPLETE", each.content


def _tree(shape: Shape, number: int) -> list[Stored]:
    tree: list[Stored] = []
    for back, length in shape:
        parent = tree[max(len(tree) - back, 0)] if tree else None
        content = f"{number + len(tree)}{'é' * length}"
        tree.append(Stored(new_message_id(), parent, parent.depth + 1 if parent else 0, content))
    return tree
