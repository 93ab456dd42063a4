"""Statements that go past Prisma's own engine: what goes in, what comes out, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from app.storage.client import Database
from app.storage.errors import DatabaseUnavailableError, OutcomeUnknownError, StorageUnavailableError
from tests.storage.engine.conftest import DATABASE
from tests.storage.engine.process_state import pid_of
from tests.storage.engine.server import Server
from tests.storage.engine.test_engine_death import LockedUsers, mortal  # noqa: F401 - a fixture

TRICKY = "a\u2028b\u0001 \" \\ ' ; -- $1 \U0001f9a2"


@pytest.mark.parametrize(
    ("cast", "value"),
    [("text", TRICKY), ("text", ""), ("text", None), ("int", -42), ("boolean", True), ("boolean", False)],
)
async def test_parameter_comes_back_from_the_database(db: Any, cast: str, value: Any) -> None:
    assert await db.rows(f"SELECT $1::{cast} AS value", value) == [{"value": value}]


async def test_each_row_is_an_object_of_its_columns_and_json_is_what_it_says(db: Any) -> None:
    document = '{"a": [1, null, "\\u2028"], "n": 1.50, "data": {"errors": [1]}}'
    rows = await db.rows(
        """SELECT number, number > 1 AS "more ""than"" one", $1::json AS json, $1::jsonb -> 'a' AS jsonb,
                  NULL::json AS nothing, false AS known, 'x' AS text
           FROM generate_series(1, 2) number""",
        document,
    )
    same = {
        "json": {"a": [1, None, "\u2028"], "n": 1.5, "data": {"errors": [1]}},
        "jsonb": [1, None, "\u2028"],
        "nothing": None,
        "known": False,
        "text": "x",
    }
    assert rows == [
        {"number": 1, 'more "than" one': False, **same},
        {"number": 2, 'more "than" one': True, **same},
    ]
    assert await db.rows("SELECT 1 AS one WHERE $1", False) == []


async def test_what_postgresql_refuses_has_its_code(db: Any, every_type: Any) -> None:
    for sql, code in (("SELECT 1/0", "22012"), ("SELEKT", "42601"), ("SELECT * FROM nonexistent", "42P01")):
        with pytest.raises(every_type.errors.RawQueryError) as caught:
            await db.rows(sql)
        assert caught.value.meta["code"] == code
    with pytest.raises(every_type.errors.RawQueryError) as caught:
        await db.rows('INSERT INTO "User" (email) VALUES ($1), ($1)', "a")
    assert caught.value.meta["code"] == "23505"
    with pytest.raises(every_type.errors.RawQueryError) as caught:
        await db.rows("SELECT $1::text", "\0")
    assert caught.value.meta["code"] == "22021"
    assert await db.user.count() == 0


async def test_a_statement_still_works_after_a_migration_changed_its_columns(db: Any) -> None:
    for sql in ('DROP TABLE IF EXISTS "moved"', 'CREATE TABLE "moved" (a int)', "INSERT INTO moved VALUES (1)"):
        await db.execute_raw(sql)
    for _ in range(30):  # often enough for a plan to be kept in every connection
        assert await db.rows("SELECT * FROM moved WHERE a = $1", 1) == [{"a": 1}]
    await db.execute_raw("ALTER TABLE moved ADD COLUMN b int DEFAULT 2")
    for _ in range(30):
        assert await db.rows("SELECT * FROM moved WHERE a = $1", 1) == [{"a": 1, "b": 2}]
    await db.execute_raw("DROP TABLE moved")


@pytest.mark.usefixtures("db")
async def test_one_that_reads_is_made_again_on_the_next_engine(mortal: Any, postgres: Server) -> None:  # noqa: F811
    async with LockedUsers(postgres) as locked:
        reading = asyncio.create_task(mortal.rows('SELECT count(*)::int AS users FROM "User"', reads=True))
        await locked.waiters(1)
        os.kill(pid_of(mortal), signal.SIGKILL)
    assert await reading == [{"users": 0}]


async def test_of_one_that_may_write_the_outcome_is_unknown(mortal: Any, postgres: Server) -> None:  # noqa: F811
    async with LockedUsers(postgres) as locked:
        writing = asyncio.create_task(mortal.rows('INSERT INTO "User" (email) VALUES ($1) RETURNING id', "a"))
        await locked.waiters(1)
        os.kill(pid_of(mortal), signal.SIGKILL)
        with pytest.raises(OutcomeUnknownError):
            await writing


async def test_nobody_notices_that_the_database_closed_idle_connections(db: Any, postgres: Server) -> None:
    for number in range(5):
        await asyncio.gather(*(db.rows("SELECT 1 FROM pg_sleep(0)") for _ in range(10)))
        await postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'")
        await db.rows('INSERT INTO "User" (email) VALUES ($1)', str(number))
    assert await db.user.count() == 5


async def test_an_outage_is_an_error_that_says_so_and_passes() -> None:
    server = Server()
    try:
        async with Database(server.url()) as db:
            waiting = asyncio.create_task(db.rows("SELECT 1 AS one FROM pg_sleep(30)"))
            await server_waits(server)
            await asyncio.to_thread(server.stop)
            with pytest.raises(StorageUnavailableError):
                await waiting
            with pytest.raises(DatabaseUnavailableError) as caught:
                await db.rows("SELECT 1 AS one")
            assert caught.value.code == "P1001"
            await asyncio.to_thread(server.start)
            assert await db.rows("SELECT 1 AS one") == [{"one": 1}]
    finally:
        server.close()


async def server_waits(server: Server) -> None:
    connection = await server.connect()
    async with asyncio.timeout(10):
        while not await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"):
            await asyncio.sleep(0.01)
    await connection.close()
