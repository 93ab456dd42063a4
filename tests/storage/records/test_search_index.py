"""What a search waits for, and who indexes what was said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app.log.connection import Connection
from app.storage.client import Database
from app.storage.records import PrismaRecords
from app.storage.search_index import (
    BATCH,
    BATCH_BYTES,
    MAX_OWNERS_AT_ONCE,
    Filled,
    OwnerIndex,
    index_all,
    indexing,
)
from tests.storage.records.conftest import DEADLINE_SECONDS, waiting
from tests.storage.records.said import found, pending, say


async def test_a_search_finds_all_of_a_large_backlog(records: PrismaRecords, owner: str, sql: Connection) -> None:
    await say(sql, owner, ["tide"] * (2 * BATCH + 1))
    assert len(await found(records, owner, "tide")) == 100
    assert await pending(sql, owner) == 0


async def test_a_search_waits_for_what_another_one_is_just_indexing(
    records: PrismaRecords, owner: str, sql: Connection
) -> None:
    await say(sql, owner, ["tide"])
    async with sql.transaction():
        await sql.execute("UPDATE search_entries SET words = search_words(owner, 'tide') WHERE owner = $1", owner)
        search = asyncio.create_task(found(records, owner, "tide"))
        await asyncio.wait({search}, timeout=0.5)
        assert not search.done()
    assert await asyncio.wait_for(search, DEADLINE_SECONDS) == ["tide"]


async def test_a_search_that_has_waited_long_enough_finds_what_there_is(
    records: PrismaRecords, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.search_index.PATIENCE_SECONDS", 0.1)
    await say(sql, owner, ["ebb tide"])
    assert await found(records, owner, "tide") == ["ebb tide"]
    await say(sql, owner, ["flood tide"])
    async with sql.transaction():
        await sql.execute("SELECT FROM search_entries WHERE owner = $1 FOR UPDATE", owner)
        assert await asyncio.wait_for(found(records, owner, "tide"), DEADLINE_SECONDS) == ["ebb tide"]
    assert await found(records, owner, "tide") == ["flood tide", "ebb tide"]


async def test_searches_of_an_index_that_lags_leave_connections_to_others(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.search_index.PATIENCE_SECONDS", 1)
    records = PrismaRecords(database)
    owners = [f"{owner}-{number}" for number in range(MAX_OWNERS_AT_ONCE + 5)]
    for each in owners:
        await say(sql, each, ["tide"])
    async with sql.transaction():
        await sql.execute("LOCK TABLE search_entries IN EXCLUSIVE MODE")  # which readers do not mind
        searches = [asyncio.create_task(found(records, each, "tide")) for each in [owners[0]] * 20 + owners]
        await waiting(sql, 1)
        assert await asyncio.wait_for(records.conversation_count(owner, archived=None), DEADLINE_SECONDS) == 0
        held = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%search_words%'"
        assert await sql.fetchval(held) <= MAX_OWNERS_AT_ONCE
        await asyncio.wait_for(asyncio.gather(*searches, return_exceptions=True), DEADLINE_SECONDS)
        await sql.execute("SELECT pg_stat_clear_snapshot()")
        assert 0 < await sql.fetchval(held) <= MAX_OWNERS_AT_ONCE
    for each in owners:
        assert await found(records, each, "tide") == ["tide"]


async def test_of_one_owner_one_statement_indexes_at_a_time_however_many_search(
    database: Database, owner: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.search_index.PATIENCE_SECONDS", 0.5)
    records = PrismaRecords(database)
    await say(sql, owner, ["tide"])
    async with sql.transaction():
        await sql.execute("LOCK TABLE search_entries IN EXCLUSIVE MODE")
        searches = [asyncio.create_task(found(records, owner, "tide")) for _ in range(20)]
        await waiting(sql, 1)
        await asyncio.wait_for(asyncio.gather(*searches, return_exceptions=True), DEADLINE_SECONDS)
        await sql.execute("SELECT pg_stat_clear_snapshot()")
        held = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%search_words%'"
        assert await sql.fetchval(held) == 1
    assert await found(records, owner, "tide") == ["tide"]


class Paused(OwnerIndex):
    """After its first look it waits for the test."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.has_looked = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.looks = 0

    async def batch(self, owner: str) -> Filled:
        self.looks += 1
        filled = await super().batch(owner)
        self.has_looked.set()
        await self.may_go_on.wait()
        return filled


async def test_who_searches_while_another_search_indexes_finds_what_was_said_in_between(
    database: Database, owner: str, sql: Connection
) -> None:
    index = Paused(database)
    first = asyncio.create_task(index.catch_up(owner))
    await index.has_looked.wait()
    await say(sql, owner, ["tide"])
    others = [asyncio.create_task(index.catch_up(owner)) for _ in range(5)]
    await asyncio.wait(others, timeout=0.1)
    index.may_go_on.set()
    await asyncio.wait_for(asyncio.gather(first, *others), DEADLINE_SECONDS)
    assert await pending(sql, owner) == 0
    assert index.looks == 2


async def test_a_batch_of_long_texts_is_a_small_one(database: Database, owner: str, sql: Connection) -> None:
    while await index_all(database):
        pass
    await say(sql, owner, ["tide " + "x" * BATCH_BYTES] + ["tide"] * BATCH)
    assert [await index_all(database) for _ in range(3)] == [1, BATCH, 0]


async def test_what_is_deleted_while_it_is_indexed_is_in_no_deadlock(
    database: Database, owner: str, sql: Connection
) -> None:
    await say(sql, owner, ["tide", "tide"])
    first, last = await sql.fetch("SELECT message_id FROM search_entries WHERE owner = $1 ORDER BY 1", owner)
    async with sql.transaction():
        await sql.execute("DELETE FROM messages WHERE id = $1", last["message_id"])
        while await asyncio.wait_for(index_all(database), DEADLINE_SECONDS):
            pass
        await sql.execute("DELETE FROM messages WHERE id = $1", first["message_id"])
    assert await pending(sql, owner) == 0


async def test_each_server_indexes_what_nobody_has_searched_for(
    database: Database, owner: str, sql: Connection
) -> None:
    await say(sql, owner, ["tide"] * (BATCH + 1))
    async with indexing(database, idle_seconds=0.01), asyncio.timeout(DEADLINE_SECONDS):
        while await pending(sql, owner):
            await asyncio.sleep(0.01)


async def test_an_indexer_passes_over_what_another_one_has_in_hand(
    database: Database, owner: str, sql: Connection
) -> None:
    while await index_all(database):
        pass
    await say(sql, owner, ["tide"])
    async with sql.transaction():
        await sql.execute("SELECT FROM search_entries WHERE owner = $1 FOR UPDATE", owner)
        assert await asyncio.wait_for(index_all(database), DEADLINE_SECONDS) == 0
    assert await index_all(database) == 1


async def test_indexing_goes_on_after_a_failure(
    database: Database, owner: str, sql: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await say(sql, owner, ["tide"])
    await sql.execute("ALTER FUNCTION search_words RENAME TO search_words_away")
    try:
        async with indexing(database, idle_seconds=0.01), asyncio.timeout(DEADLINE_SECONDS):
            while not caplog.records:
                await asyncio.sleep(0.01)
            await sql.execute("ALTER FUNCTION search_words_away RENAME TO search_words")
            while await pending(sql, owner):
                await asyncio.sleep(0.01)
    finally:
        await sql.execute(
            "DO $$ BEGIN ALTER FUNCTION search_words_away RENAME TO search_words;"
            " EXCEPTION WHEN undefined_function THEN NULL; END $$"
        )
    assert "search index" in caplog.text


@pytest.fixture(scope="session")
async def database(url: str) -> AsyncGenerator[Database]:
    database = Database(url)
    await database.connect()
    yield database
    await database.disconnect()
