"""The engine and the statements side by side, on one database."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from prisma.errors import ClientNotConnectedError

from app.storage.client import Database
from app.storage.migrate import migrate_deploy
from tests.storage.engine.process_state import is_running, pid_of
from tests.storage.engine.server import Server

DEADLINE_SECONDS = 15


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    asyncio.run(migrate_deploy(server.url()))
    yield server
    server.close()


@pytest.fixture
async def database(server: Server) -> AsyncIterator[Database]:
    async with Database(server.url(connection_limit=5)) as database:
        yield database


async def test_an_engine_that_hangs_or_dies_is_nothing_to_statements(database: Database) -> None:
    engine = pid_of(database)
    os.kill(engine, signal.SIGSTOP)
    try:
        for _ in range(3):
            [row] = await asyncio.wait_for(database.rows("SELECT 1 AS one"), DEADLINE_SECONDS)
            assert row["one"] == 1
    finally:
        os.kill(engine, signal.SIGKILL)
    [row] = await asyncio.wait_for(database.rows("SELECT 2 AS two"), DEADLINE_SECONDS)
    assert row["two"] == 2
    assert await database.conversation.count() == 0


async def test_together_they_have_no_more_connections_than_the_url_allows(database: Database, server: Server) -> None:
    sql = await server.connect()
    await asyncio.gather(
        *(database.rows("SELECT pg_sleep(0.01)") for _ in range(30)),
        *(database.query_raw("SELECT pg_sleep(0.01)::text") for _ in range(30)),
    )
    count = "SELECT count(*) FROM pg_stat_activity WHERE client_port IS NOT NULL AND pid <> pg_backend_pid()"
    assert await sql.fetchval(count) == 5
    await sql.close()


async def test_within_a_transaction_of_prismas_a_statement_is_no_part_of_it(database: Database) -> None:
    async with database.tx() as transaction:
        assert isinstance(transaction, Database)
        [own] = await transaction.query_raw("SELECT pg_backend_pid() AS pid")
        [other] = await transaction.rows("SELECT pg_backend_pid() AS pid")
        assert other["pid"] != own["pid"]


async def test_who_disconnects_waits_for_both(server: Server) -> None:
    waits = "SELECT 'done' AS state FROM pg_advisory_xact_lock(1)"
    count = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    sql = await server.connect()
    database = Database(server.url())
    with pytest.raises(ClientNotConnectedError):
        await database.rows("SELECT 1")
    for _ in range(2):  # and may connect again
        await database.connect()
        engine = pid_of(database)
        await sql.execute("SELECT pg_advisory_lock(1)")
        asked: list[asyncio.Task[Any]] = [
            asyncio.create_task(each) for each in (database.rows(waits), database.query_raw(waits))
        ]
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await sql.fetchval(count) < len(asked):
                await asyncio.sleep(0.01)
        disconnecting = asyncio.create_task(database.disconnect())
        await asyncio.wait({disconnecting}, timeout=0.1)
        assert not disconnecting.done()
        await sql.execute("SELECT pg_advisory_unlock(1)")
        await asyncio.wait_for(disconnecting, DEADLINE_SECONDS)
        assert [[dict(row) for row in await each] for each in asked] == [[{"state": "done"}]] * 2
        assert not is_running(engine)
    with pytest.raises(ClientNotConnectedError):
        await database.rows("SELECT 1")
    await sql.close()
