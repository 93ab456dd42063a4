"""Statements on connections of their own: what goes in, what comes out, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from prisma.errors import ClientNotConnectedError

from app.storage.connections import Connection
from app.storage.errors import (
    DatabaseUnavailableError,
    NoAnswerError,
    OutcomeUnknownError,
    StorageUnavailableError,
)
from app.storage.statement_pool import StatementPool
from tests.storage.engine.server import Server

DEADLINE_SECONDS = 15
ID = UUID("018f3b2a-0000-7000-8000-000000000001")
TRICKY = "a\u2028b\u0001 \" \\ ' ; -- $1 \U0001f9a2"
OURS = "application_name = 'parley statements'"
INSERT = "INSERT INTO said (text) VALUES ($1) RETURNING number"
COUNT = "SELECT count(*)::int AS count FROM said"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    server = Server()
    asyncio.run(server.execute("CREATE TABLE said (number serial, text text)"))
    yield server
    server.close()


@pytest.fixture
async def sql(postgres: Server) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await postgres.connect()
    await connection.execute("TRUNCATE said")
    yield connection
    await connection.close()


@asynccontextmanager
async def opened(server: Server, *, request_seconds: float = 30, **parameters: Any) -> AsyncIterator[StatementPool]:
    pool = StatementPool(server.url(**parameters), request_timeout=timedelta(seconds=request_seconds))
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close(seconds=1)


@pytest.fixture
async def pool(postgres: Server) -> AsyncIterator[StatementPool]:
    async with opened(postgres) as pool:
        yield pool


def values(rows: list[asyncpg.Record]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows]


async def backend(sql: asyncpg.Connection[asyncpg.Record], condition: str) -> int:
    """PostgreSQL's process for a connection of the pool's of which this holds, as soon as it does."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not (pid := await sql.fetchval(f"SELECT pid FROM pg_stat_activity WHERE {OURS} AND {condition}")):
            await asyncio.sleep(0.01)
            await sql.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity of its first look
    return int(pid)


async def waiting(sql: asyncpg.Connection[asyncpg.Record]) -> int:
    return await backend(sql, "wait_event_type = 'Lock'")


async def terminate(sql: asyncpg.Connection[asyncpg.Record], condition: str) -> None:
    await sql.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS} AND {condition}")


@pytest.mark.parametrize(
    ("cast", "value"),
    [
        *(("text", each) for each in (TRICKY, "", None)),
        *(("bool", each) for each in (True, False)),
        ("int", -42),
        ("bytea", b"\0\xff"),
        ("uuid", ID),
        ("uuid[]", [ID, ID]),
        ("bool[]", [True, False]),
        ("timestamptz", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
    ],
)
async def test_a_value_comes_back_from_the_database_as_it_went_there(
    pool: StatementPool, cast: str, value: object
) -> None:
    [row] = await pool.rows(f"SELECT $1::{cast} AS value", value, reads=True)
    assert row["value"] == value


@pytest.mark.parametrize("type", ["json", "jsonb"])
async def test_json_goes_in_as_text_and_comes_parsed(pool: StatementPool, type: str) -> None:
    document = '{"a": [1, null, "\\u2028"], "n": 1.50, "ü": {"errors": [1]}}'
    [row] = await pool.rows(f"SELECT $1::{type} AS document, NULL::{type} AS nothing", document, reads=True)
    assert row["document"] == {"a": [1, None, "\u2028"], "n": 1.5, "ü": {"errors": [1]}}
    assert row["nothing"] is None


async def test_times_in_json_are_utc(pool: StatementPool) -> None:
    [row] = await pool.rows("SELECT to_json('2026-01-02 03:04:05+02'::timestamptz) AS time", reads=True)
    assert row["time"] == "2026-01-02T01:04:05+00:00"


async def test_what_postgresql_refuses_has_its_code_and_harms_no_other(pool: StatementPool) -> None:
    refused = [
        ("SELECT 1/0", (), "22012"),
        ("SELEKT", (), "42601"),
        ("SELECT * FROM nonexistent", (), "42P01"),
        ("SELECT $1::text", ("\0",), "22021"),
    ]
    for statement, parameters, code in refused:
        with pytest.raises(asyncpg.PostgresError) as caught:
            await pool.rows(statement, *parameters, reads=True)
        assert caught.value.sqlstate == code
    assert values(await pool.rows("SELECT 1 AS one", reads=True)) == [(1,)]


async def test_a_statement_still_works_after_a_migration_changed_its_columns(
    pool: StatementPool, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    await sql.execute("DROP TABLE IF EXISTS moved; CREATE TABLE moved (a int); INSERT INTO moved VALUES (1)")
    for columns in ((1,), (1, 2)):
        for _ in range(10):  # often enough for PostgreSQL to keep a plan
            assert values(await pool.rows("SELECT * FROM moved WHERE a = $1", 1, reads=True)) == [columns]
        await sql.execute("ALTER TABLE moved ADD COLUMN IF NOT EXISTS b int DEFAULT 2")


async def test_a_read_whose_connection_is_lost_is_made_again(
    pool: StatementPool, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with sql.transaction():
        await sql.execute("LOCK TABLE said IN ACCESS EXCLUSIVE MODE")
        reading = asyncio.create_task(pool.rows(COUNT, reads=True))
        await terminate(sql, f"pid = {await waiting(sql)}")
    assert values(await asyncio.wait_for(reading, DEADLINE_SECONDS)) == [(0,)]


async def test_a_write_that_an_administrator_ends_is_done_once_all_the_same(
    pool: StatementPool, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    """PostgreSQL tells that it ended it, so nothing of it was done."""
    async with sql.transaction():
        await sql.execute("LOCK TABLE said IN ACCESS EXCLUSIVE MODE")
        writing = asyncio.create_task(pool.rows(INSERT, "once", reads=False))
        await terminate(sql, f"pid = {await waiting(sql)}")
    assert len(await asyncio.wait_for(writing, DEADLINE_SECONDS)) == 1
    assert values(await sql.fetch("SELECT text FROM said")) == [("once",)]


@pytest.mark.parametrize("loop", ["after the loop has seen it", "before the loop has seen it"])
async def test_nobody_notices_that_the_database_closed_idle_connections(
    pool: StatementPool, sql: asyncpg.Connection[asyncpg.Record], loop: str
) -> None:
    for number in range(5):
        await asyncio.gather(*(pool.rows("SELECT 1 FROM pg_sleep(0)", reads=True) for _ in range(10)))
        await terminate(sql, "true")
        if loop.startswith("after"):
            async with asyncio.timeout(DEADLINE_SECONDS):
                while await sql.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {OURS}"):
                    await asyncio.sleep(0.01)
        await pool.rows(INSERT, str(number), reads=False)
    assert values(await sql.fetch("SELECT text FROM said ORDER BY number")) == [(str(each),) for each in range(5)]


async def test_of_a_write_whose_answer_is_lost_the_outcome_is_unknown_and_of_a_read_it_is_no_matter() -> None:
    server = Server()
    try:
        sql = await server.connect()
        await sql.execute("CREATE TABLE said (number serial, text text)")
        async with opened(server) as pool:
            transaction = sql.transaction()
            await transaction.start()
            await sql.execute("LOCK TABLE said IN ACCESS EXCLUSIVE MODE")
            writing = asyncio.create_task(pool.rows(INSERT, "?", reads=False))
            os.kill(await waiting(sql), signal.SIGKILL)  # PostgreSQL starts anew after that
            with pytest.raises(OutcomeUnknownError):
                await asyncio.wait_for(writing, DEADLINE_SECONDS)
            async with asyncio.timeout(DEADLINE_SECONDS):
                while True:
                    try:
                        assert values(await pool.rows(COUNT, reads=True)) == [(0,)]
                        break
                    except DatabaseUnavailableError:
                        await asyncio.sleep(0.01)
    finally:
        server.close()


async def test_an_outage_is_an_error_that_says_so_and_passes() -> None:
    server = Server()
    try:
        async with opened(server) as pool:
            sql = await server.connect()
            sleeping = asyncio.create_task(pool.rows("SELECT 1 FROM pg_sleep(60)", reads=True))
            await backend(sql, "wait_event = 'PgSleep'")
            await asyncio.to_thread(server.stop)
            with pytest.raises(StorageUnavailableError):
                await asyncio.wait_for(sleeping, DEADLINE_SECONDS)
            for _ in range(12):  # more than there are connections
                for reads in (True, False):
                    with pytest.raises(DatabaseUnavailableError) as caught:
                        await asyncio.wait_for(pool.rows("SELECT 1", reads=reads), DEADLINE_SECONDS)
                    assert caught.value.code == "P1001"
            await asyncio.to_thread(server.start)
            assert values(await pool.rows("SELECT 1 AS one", reads=False)) == [(1,)]
    finally:
        server.close()


@pytest.mark.parametrize(("reads", "expected"), [(True, NoAnswerError), (False, OutcomeUnknownError)])
async def test_a_database_that_says_nothing_is_given_up_and_another_connection_made(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record], reads: bool, expected: type[Exception]
) -> None:
    async with opened(postgres, request_seconds=0.5, connection_limit=1) as pool:
        [[pid]] = await pool.rows("SELECT pg_backend_pid()", reads=True)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(expected):
                await asyncio.wait_for(pool.rows("SELECT 1", reads=reads), DEADLINE_SECONDS)
            assert values(await asyncio.wait_for(pool.rows("SELECT 1", reads=False), DEADLINE_SECONDS)) == [(1,)]
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("reads", [True, False])
async def test_what_takes_too_long_is_ended_by_postgresql_itself(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record], reads: bool
) -> None:
    """And so of a write it is known that nothing was done."""
    async with opened(postgres, request_seconds=0.5) as pool:
        with pytest.raises(asyncpg.QueryCanceledError):
            await pool.rows("SELECT 1 FROM pg_sleep(60)", reads=reads)


async def test_what_has_less_time_is_ended_in_the_database_too(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with opened(postgres, connection_limit=1) as pool:
        before = values(await pool.rows("SELECT pg_backend_pid()", reads=True))
        with pytest.raises(NoAnswerError):
            await pool.rows("SELECT 1 FROM pg_sleep(60)", reads=True, seconds=0.1)
        assert await sql.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {OURS} AND state = 'active'") == 0
        assert values(await pool.rows("SELECT pg_backend_pid()", reads=True)) == before


async def test_a_caller_that_goes_frees_its_connection_and_ends_its_statement(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with opened(postgres, connection_limit=1) as pool:
        for _ in range(3):
            sleeping = asyncio.create_task(pool.rows("SELECT 1 FROM pg_sleep(60)", reads=True))
            queued = asyncio.create_task(pool.rows("SELECT 2", reads=True))
            await backend(sql, "wait_event = 'PgSleep'")
            queued.cancel()
            sleeping.cancel()
            for each in (sleeping, queued):
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.wait_for(each, DEADLINE_SECONDS)
            assert values(await asyncio.wait_for(pool.rows("SELECT 3 AS three", reads=False), DEADLINE_SECONDS)) == [
                (3,)
            ]
        assert await sql.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {OURS}") == 1


async def test_who_gets_no_connection_in_time_is_told_and_the_next_one_gets_one(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with opened(postgres, connection_limit=1, pool_timeout=0.1) as pool:
        sleeping = asyncio.create_task(pool.rows("SELECT 1 FROM pg_sleep(60)", reads=True))
        await backend(sql, "wait_event = 'PgSleep'")
        with pytest.raises(DatabaseUnavailableError, match="none of 1 database connections was free") as caught:
            await pool.rows("SELECT 1", reads=True)
        assert caught.value.code == "P2037"
        sleeping.cancel()
        await asyncio.wait({sleeping})
        assert values(await pool.rows("SELECT 1", reads=True)) == [(1,)]


async def test_hundreds_at_once_share_as_many_connections_as_there_may_be(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with opened(postgres, connection_limit=5) as pool:
        answers = await asyncio.gather(*(pool.rows("SELECT $1::int", each, reads=True) for each in range(400)))
        assert [values(each) for each in answers] == [[(each,)] for each in range(400)]
        assert await sql.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {OURS}") == 4


async def test_a_transaction_is_done_as_a_whole_or_not_at_all(
    pool: StatementPool, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    async def say(connection: Connection, *texts: str, then: Exception | None = None) -> int:
        for each in texts:
            await connection.fetch(INSERT, each)
        if then:
            raise then
        return len(texts)

    assert await pool.transaction(lambda connection: say(connection, "a", "b")) == 2
    with pytest.raises(LookupError):
        await pool.transaction(lambda connection: say(connection, "c", then=LookupError()))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await pool.transaction(lambda connection: connection.fetch("SELECT 1/0"))
    assert values(await sql.fetch("SELECT text FROM said ORDER BY number")) == [("a",), ("b",)]


async def test_a_transaction_that_an_administrator_ends_is_run_again(
    pool: StatementPool, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    begun = asyncio.Event()

    async def twice(connection: Connection) -> list[Any]:
        first = await connection.fetch(INSERT, "first")
        if not begun.is_set():
            begun.set()
            await asyncio.wait_for(ended.wait(), DEADLINE_SECONDS)
        return [*first, *await connection.fetch(INSERT, "second")]

    ended = asyncio.Event()
    writing = asyncio.create_task(pool.transaction(twice))
    await asyncio.wait_for(begun.wait(), DEADLINE_SECONDS)
    await terminate(sql, "state = 'idle in transaction'")
    ended.set()
    assert len(await asyncio.wait_for(writing, DEADLINE_SECONDS)) == 2
    assert values(await sql.fetch("SELECT text FROM said ORDER BY number")) == [("first",), ("second",)]


SESSION = """
SELECT current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path,
       (SELECT count(*) > 0 FROM pg_prepared_statements) AS prepared, $1::int AS given
"""


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ("27s", '"$user", public', True, 1)),
        ({"statement_cache_size": 0}, ("27s", '"$user", public', False, 1)),
        ({"pgbouncer": "true"}, ("0", '"$user", public', False, 1)),
        ({"schema": "two words"}, ("27s", '"two words"', True, 1)),
    ],
)
async def test_the_arguments_of_the_url_hold(
    postgres: Server, parameters: dict[str, Any], expected: tuple[object, ...]
) -> None:
    async with opened(postgres, **parameters) as pool:
        await pool.rows(SESSION, 1, reads=True)
        assert values(await pool.rows(SESSION, 1, reads=True)) == [expected]


async def test_who_closes_it_waits_for_what_is_under_way_but_not_for_ever(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    pool = StatementPool(postgres.url(), request_timeout=timedelta(seconds=30))
    with pytest.raises(ClientNotConnectedError):
        await pool.rows("SELECT 1", reads=True)
    await pool.open()
    async with sql.transaction():
        await sql.execute("LOCK TABLE said IN ACCESS EXCLUSIVE MODE")
        reading = asyncio.create_task(pool.rows(COUNT, reads=True))
        await waiting(sql)
        closing = asyncio.create_task(pool.close(seconds=DEADLINE_SECONDS))
        await asyncio.wait({closing}, timeout=0.1)
        assert not closing.done()
    assert values(await reading) == [(0,)]
    await asyncio.wait_for(closing, DEADLINE_SECONDS)
    with pytest.raises(ClientNotConnectedError):
        await pool.rows("SELECT 1", reads=True)
    await pool.open()
    endless = asyncio.create_task(pool.rows("SELECT 1 FROM pg_sleep(60)", reads=False))
    await backend(sql, "wait_event = 'PgSleep'")
    await asyncio.wait_for(pool.close(seconds=0.1), DEADLINE_SECONDS)
    with pytest.raises(OutcomeUnknownError):
        await asyncio.wait_for(endless, DEADLINE_SECONDS)


async def test_a_transaction_that_may_have_been_committed_is_not_run_again(
    postgres: Server, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    """Where PostgreSQL logs how long it took, it may end the session after the commit, and before it says so."""
    settings = {"commit_delay": 100_000, "commit_siblings": 0, "log_min_duration_statement": 0}
    for name, value in settings.items():
        await sql.execute(f"ALTER ROLE CURRENT_USER SET {name} = {value}")

    async def say(connection: Connection) -> None:
        await connection.fetch(INSERT, "once")

    try:
        async with opened(postgres) as pool:
            said = asyncio.create_task(pool.transaction(say))
            await sql.execute(
                "SELECT pg_terminate_backend($1)", await backend(sql, "state = 'active' AND query LIKE 'COMMIT%'")
            )
            with pytest.raises(OutcomeUnknownError):
                await said
    finally:
        for name in settings:
            await sql.execute(f"ALTER ROLE CURRENT_USER RESET {name}")
    assert await sql.fetchval(COUNT) < 2
