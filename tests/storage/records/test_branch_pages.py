from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import pytest
from asyncpg import Record

from app.chat.changes import Post
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput
from app.chat.identifiers import MessageId, WriterId, new_message_id
from app.chat.paging import Depth, Page, Window
from app.chat.records import Message, Role
from app.log.connection import Connection
from app.storage import message_tree
from app.storage.reaching import run_statement
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting, ended, turn
from tests.storage.records.page_walk import walk


@pytest.fixture
async def branch(post: Posting) -> list[MessageId]:
    """Seven messages one after the other, from the root on; the third has another branch beside it."""
    first = await post("0")
    line = [first.message.id]
    for number in range(1, 7):
        started = await post(str(number), conversation_id=first.conversation.id, parent_id=line[-1])
        line.append(started.message.id)
    await post("beside", conversation_id=first.conversation.id, parent_id=line[1])
    return line


@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
async def test_pages_put_together_are_the_whole_branch(
    records: PrismaRecords, owner: str, branch: list[MessageId], size: int, backward: bool
) -> None:
    for length in (1, 2, 7):
        found = await walk(
            partial(records.branch_page, owner, branch[length - 1]),
            lambda each: each.id,
            size,
            backward=backward,
        )
        assert [each.id for each in found] == branch[:length]
        assert [each.text.content for each in found] == [str(number) for number in range(length)]


async def test_every_window_gives_what_lies_between_its_cursors_and_says_what_lies_beyond(
    records: PrismaRecords, owner: str, branch: list[MessageId]
) -> None:
    edges = [None, *range(len(branch))]
    for after, before, size, backward in itertools.product(edges, edges, (0, 2, 7), (False, True)):
        window = Window(
            size, backward, None if after is None else branch[after], None if before is None else branch[before]
        )
        page = await records.branch_page(owner, branch[-1], window)
        low, high = (-1 if after is None else after) + 1, len(branch) if before is None else before
        between = branch[low:high]
        taken = (between[-size:] if size else []) if backward else between[:size]
        assert [each.id for each in page.items] == taken, window
        if taken:
            assert page.has_previous == (taken[0] != branch[0]), window
            assert page.has_next == (taken[-1] != branch[-1]), window
        elif between:
            assert page.has_previous if backward else page.has_next, window


async def test_a_cursor_keeps_its_place_when_another_branch_is_selected(
    records: PrismaRecords, owner: str, branch: list[MessageId]
) -> None:
    [beside] = [each for each in (await records.siblings(owner, [branch[2]]))[branch[2]] if each.id != branch[2]]
    page = await records.branch_page(owner, beside.id, Window(5, after=branch[0]))
    assert [each.id for each in page.items] == [branch[1], beside.id]


async def test_a_cursor_of_another_conversation_is_refused_by_name(
    records: PrismaRecords, owner: str, branch: list[MessageId], post: Posting
) -> None:
    elsewhere = (await post("elsewhere")).message.id
    for cursor in (elsewhere, new_message_id()):
        with pytest.raises(BadInput, match=r"^after: "):
            await records.branch_page(owner, branch[-1], Window(5, after=cursor))
        with pytest.raises(BadInput, match=r"^before: "):
            await records.branch_page(owner, branch[-1], Window(5, after=branch[0], before=cursor))


async def test_of_anothers_conversation_there_is_nothing_to_see(
    records: PrismaRecords, branch: list[MessageId]
) -> None:
    for window in (Window[MessageId](5), Window(5, after=branch[0]), Window(5, True, None, branch[3])):
        assert await records.branch_page("stranger", branch[-1], window) == Page([], False, False)
    assert await records.branch_page("stranger", new_message_id(), Window()) == Page([], False, False)


async def test_many_pages_at_once_are_each_as_it_is_alone(
    records: PrismaRecords, owner: str, branch: list[MessageId], post: Posting, writer: WriterId
) -> None:
    other = (await post("other")).message.id
    stranger = (await records.begin_turn(turn("stranger", Post("theirs", replies=0)), writer)).message.id
    edges = [None, Depth(0), Depth(5), Depth(2**40 - 1)]
    windows = [
        Window(2, backward, after, before) for after, before, backward in itertools.product(edges, edges, (False, True))
    ]
    queries = [(tip, window) for tip in (branch[-1], branch[3], other, stranger) for window in windows]
    pages = await records.branch_pages(owner, queries)
    assert pages.keys() == set(queries)
    for query in queries:
        assert await records.branch_pages(owner, [query]) == {query: pages[query]}
    first = pages[branch[-1], Window(2)]
    assert ([each.id for each in first.items], first.total) == (branch[:2], 7)
    assert pages[branch[3], Window(2, True, None, Depth(5))].items == pages[branch[3], Window(2, True)].items
    assert [each.id for each in pages[other, Window(2)].items] == [other]
    assert all(pages[stranger, window] == Page([], False, False) for window in windows)


async def test_a_place_in_a_branch_stands_when_its_message_has_been_deleted(
    records: PrismaRecords, owner: str, branch: list[MessageId], post: Posting, sql: Connection
) -> None:
    conversation = (await records.messages(owner, [branch[0]]))[branch[0]].conversation_id
    last = await post("7", conversation_id=conversation, parent_id=branch[-1], replies=1)
    await ended(sql, last)
    assert last.message.turn_id
    await records.delete_completion(owner, last.message.turn_id)
    query = (branch[-1], Window(2, True, None, Depth(7)))
    page = (await records.branch_pages(owner, [query]))[query]
    assert [each.id for each in page.items] == branch[-2:]
    query = (branch[-1], Window(2, False, Depth(7), None))
    assert (await records.branch_pages(owner, [query]))[query] == Page([], False, True, 7)


@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("most_bytes", [1, 3, 6, 7, 100])
async def test_a_page_of_long_messages_ends_early_and_the_next_one_goes_on(
    records: PrismaRecords,
    owner: str,
    post: Posting,
    monkeypatch: pytest.MonkeyPatch,
    backward: bool,
    most_bytes: int,
) -> None:
    monkeypatch.setattr("app.storage.message_tree.MAX_BRANCH_PAGE_BYTES", most_bytes)
    texts = ["é", "aaaa", "b", "c", "ééé", "dd"]
    last = await post(texts[-1], before=_before(texts[:-1]))
    sizes: list[int] = []

    async def page(window: Window[MessageId]) -> Page[Message]:
        found = await records.branch_page(owner, last.message.id, window)
        sizes.append(len(found.items))
        read = [len(each.text.content.encode()) for each in found.items]
        assert sum(read[1:] if backward else read[:-1]) < most_bytes
        return found

    found: list[Message] = []
    window: Window[MessageId] = Window(5, backward)
    while True:
        here = await page(window)
        if backward:
            found = [*here.items, *found]
            assert here.has_next == (window.before is not None)
        else:
            found += here.items
            assert here.has_previous == (window.after is not None)
        if not (here.has_previous if backward else here.has_next):
            break
        window = Window(5, True, before=found[0].id) if backward else Window(5, after=found[-1].id)
    assert [each.text.content for each in found] == texts
    assert all(sizes)
    assert (max(sizes) == 1) == (most_bytes == 1)


@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("most_bytes", [1, 4, 5, 9, 20, 100])
async def test_of_pages_that_are_too_long_together_each_has_a_part_and_says_what_is_left(
    records: PrismaRecords,
    owner: str,
    post: Posting,
    monkeypatch: pytest.MonkeyPatch,
    backward: bool,
    most_bytes: int,
) -> None:
    branches = [["é", "aaaa", "b"], ["ccc"], ["dd", "d", "éé", "d"]]
    tips = [(await post(texts[-1], before=_before(texts[:-1]))).message.id for texts in branches]
    read: dict[MessageId, list[str]] = {tip: [] for tip in tips}
    stranger = (new_message_id(), Window[Depth]())
    monkeypatch.setattr("app.storage.message_tree.MAX_ANSWER_BYTES", most_bytes)
    places: dict[MessageId, Depth | None] = dict.fromkeys(tips)
    while places:
        queries = [
            (tip, Window(9, backward, None if backward else place, place if backward else None))
            for tip, place in places.items()
        ]
        pages = await records.branch_pages(owner, [*queries, stranger])
        assert pages[stranger] == Page([], False, False)
        places = {}
        for query in queries:
            tip, page = query[0], pages[query]
            assert page.items
            texts = [each.text.content for each in page.items]
            read[tip] = texts + read[tip] if backward else read[tip] + texts
            assert page.has_previous == (page.items[0].depth > 0)
            assert page.has_next == (page.items[-1].id != tip)
            if page.has_previous if backward else page.has_next:
                places[tip] = Depth(page.items[0 if backward else -1].depth)
    assert list(read.values()) == branches


async def test_so_many_pages_are_read_at_once_as_an_answer_holds(
    records: PrismaRecords, owner: str, post: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = [((await post("é" * 5)).message.id, Window[Depth](1, backward=True)) for _ in range(7)]
    held: list[tuple[int, int]] = []

    async def counted(*arguments: Any, reads: bool) -> list[Record]:
        rows = await run_statement(*arguments, reads=reads)
        spans = sum(bool(row["span"]) for row in rows)
        held.append((spans, len(rows) - spans))
        return rows

    monkeypatch.setattr(message_tree, "run_statement", counted)
    monkeypatch.setattr(message_tree, "MAX_ANSWER_BYTES", 30)
    pages = await records.branch_pages(owner, queries)
    assert [len(page.items) for page in pages.values()] == [1] * 7
    assert held == [(7, 3), (4, 3), (1, 1)]


def _before(texts: list[str]) -> tuple[PromptMessage, ...]:
    return tuple(PromptMessage(Role.USER, each) for each in texts)
