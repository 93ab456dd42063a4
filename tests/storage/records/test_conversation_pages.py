"""Newest activity first; of the same millisecond the greater id first."""

from __future__ import annotations

import itertools

import pytest

from app.chat.conversations import new_conversation
from app.chat.paging import ActivityKey, Page, Window
from app.chat.records import Conversation
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.page_walk import walk


@pytest.fixture
async def listed(records: PrismaRecords, owner: str, sql: Connection) -> list[Conversation]:
    """Nine, some of which were active in the same millisecond."""
    created = [await records.create_conversation(new_conversation(owner)) for _ in range(9)]
    await records.create_conversation(new_conversation(f"{owner}-2"))
    for number, each in enumerate(created):
        await sql.execute(
            "UPDATE conversations SET updated_at = '2026-01-01 00:00:00.001Z'::timestamptz"
            " + $2 * interval '1 ms' WHERE id = $1",
            each.id,
            number // 4,
        )
    found = await records.conversations(owner, [each.id for each in created])
    return sorted(found.values(), key=lambda each: (each.updated_at, each.id), reverse=True)


@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("size", [1, 2, 3, 8, 9, 10])
async def test_pages_put_together_are_the_whole_list(
    records: PrismaRecords, owner: str, listed: list[Conversation], size: int, backward: bool
) -> None:
    found = await walk(
        lambda window: records.conversation_page(owner, window, archived=False), _key, size, backward=backward
    )
    assert found == listed


@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
async def test_what_is_begun_meanwhile_neither_repeats_nor_skips_one(
    records: PrismaRecords, owner: str, listed: list[Conversation], backward: bool
) -> None:
    found = await walk(
        lambda window: records.conversation_page(owner, window, archived=False),
        _key,
        2,
        backward=backward,
        between=lambda: records.create_conversation(new_conversation(owner)),
    )
    known = [each for each in found if each in listed]
    assert known == listed
    assert found[len(found) - len(listed) :] == listed  # what is new is newest


async def test_every_pair_of_cursors_gives_what_lies_between_them(
    records: PrismaRecords, owner: str, listed: list[Conversation]
) -> None:
    for low, high in itertools.combinations(range(len(listed)), 2):
        between = listed[low + 1 : high]
        after, before = _key(listed[low]), _key(listed[high])
        first = await records.conversation_page(owner, Window(3, False, after, before), archived=False)
        last = await records.conversation_page(owner, Window(3, True, after, before), archived=False)
        assert (first.items, last.items) == (between[:3], between[-3:])
        assert (first.has_next, first.has_previous) == (len(between) > 3, True)
        assert (last.has_next, last.has_previous) == (True, len(between) > 3)


async def test_a_page_of_none_says_whether_there_are_any(
    records: PrismaRecords, owner: str, listed: list[Conversation]
) -> None:
    assert await records.conversation_page(owner, Window(0), archived=False) == Page([], True, False)
    assert await records.conversation_page(f"{owner}-3", Window(0), archived=False) == Page([], False, False)
    assert await records.conversation_page(f"{owner}-3", Window(5), archived=None) == Page([], False, False)


def _key(conversation: Conversation) -> ActivityKey:
    return ActivityKey(conversation.updated_at, conversation.id)
