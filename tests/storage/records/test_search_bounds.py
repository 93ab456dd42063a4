"""What a search may take from everybody else: bytes, connections, time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app.chat.errors import StorageUnavailable
from app.chat.paging import Window
from app.chat.search import MAX_RANKED
from app.chat.search_hit import SearchKey
from app.log.connection import Connection
from app.storage import search
from app.storage.client import Database
from app.storage.search import MAX_AT_ONCE, MAX_AT_ONCE_OF_OWNER, PrismaSearch
from app.storage.search_statements import SEARCH
from tests.storage.records.conftest import DEADLINE_SECONDS
from tests.storage.records.said import ALL, say

LONG = 1_000


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url) as database:
        yield database


async def contents(database: Database, owner: str, query: str, window: Window[SearchKey]) -> tuple[list[str], bool]:
    page = await PrismaSearch(database).find(owner, query, window)
    return [each.message.text.content for each in page.items], page.has_next


async def test_a_page_of_long_messages_ends_early_and_the_next_one_goes_on(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_PAGE_BYTES", 2 * LONG)
    said = [f"tide {number} " + "x" * LONG for number in range(5)]
    await say(sql, owner, said)
    pages, window = [], Window[SearchKey](100)
    while True:
        page = await PrismaSearch(database).find(owner, "tide", window)
        pages.append([each.message.text.content for each in page.items])
        if not page.has_next:
            break
        window = Window(100, after=page.items[-1].key)
    assert pages == [said[4:2:-1], said[2:0:-1], said[:1]]


async def test_a_message_longer_than_a_page_is_a_page(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_PAGE_BYTES", 1)
    await say(sql, owner, ["tide first", "tide last"])
    assert await contents(database, owner, "tide", ALL) == (["tide last"], True)
    assert await contents(database, owner, "tide", Window(1)) == (["tide last"], True)
    assert await contents(database, owner, "tide", Window(0)) == ([], True)
    assert await contents(database, owner, "first", ALL) == (["tide first"], False)


async def test_reasoning_counts_for_the_length_of_a_page(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_PAGE_BYTES", LONG)
    await say(sql, owner, ["tide", "tide"])
    await sql.execute(
        "UPDATE messages m SET reasoning = $2 FROM search_entries s WHERE s.message_id = m.id AND s.owner = $1",
        owner, "x" * LONG,
    )  # fmt: skip
    assert await contents(database, owner, "tide", ALL) == (["tide"], True)


async def test_of_more_matches_than_can_be_ranked_the_newest_are_found(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SEARCH", SEARCH.replace(f"LIMIT {MAX_RANKED}\n", "LIMIT 3\n"))
    await say(sql, owner, ["tide tide tide tide", "tide one", "tide tide", "tide two"])
    assert await contents(database, owner, "tide", ALL) == (["tide tide", "tide two", "tide one"], False)


async def test_a_search_that_takes_too_long_is_ended_in_the_database_too(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SEARCH_SECONDS", 0.2)
    monkeypatch.setattr(search, "SEARCH", f"{SEARCH}, pg_sleep(60)::text")
    await say(sql, owner, ["tide"])
    with pytest.raises(StorageUnavailable, match="busy"):
        await asyncio.wait_for(PrismaSearch(database).find(owner, "tide", ALL), DEADLINE_SECONDS)
    assert await sql.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)::text'") == 0


async def test_few_searches_run_at_once_fewer_of_one_owner_and_who_waits_too_long_is_told(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_WAIT_SECONDS", 0.2)
    monkeypatch.setattr("app.storage.search_index.PATIENCE_SECONDS", 0.0)
    searches = PrismaSearch(database)
    async with sql.transaction():
        await sql.execute("LOCK TABLE search_entries IN ACCESS EXCLUSIVE MODE")
        own = [asyncio.create_task(searches.find(owner, "tide", ALL)) for _ in range(20)]
        refused, held = await asyncio.wait(own, timeout=2)
        assert {str(each.exception()) for each in refused} == {"too much is being searched for; try again"}
        assert len(held) == MAX_AT_ONCE_OF_OWNER
        others = [asyncio.create_task(searches.find(f"{owner}-{each}", "tide", ALL)) for each in range(20)]
        refused, held_too = await asyncio.wait(others, timeout=2)
        assert {type(each.exception()) for each in refused} == {StorageUnavailable}
        assert len(held) + len(held_too) == MAX_AT_ONCE
        assert await database.conversation.count(where={"owner": owner}) == 0
    pages = await asyncio.wait_for(asyncio.gather(*held, *held_too), DEADLINE_SECONDS)
    assert [len(each.items) for each in pages] == [0] * MAX_AT_ONCE
