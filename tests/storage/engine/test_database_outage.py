"""PostgreSQL is away for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from prisma.engine.errors import EngineConnectionError

from app.storage.client import Database
from app.storage.errors import DatabaseUnavailableError, StorageUnavailableError
from tests.storage.engine.conftest import DATABASE
from tests.storage.engine.server import Server


@pytest.fixture(scope="module")
def shaky() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


async def test_connect_waits_for_the_database_and_no_longer_than_it_was_told_to(shaky: Server) -> None:
    await asyncio.to_thread(shaky.stop)
    try:
        db = Database(shaky.url(), connect_timeout=timedelta(seconds=1))
        started = time.monotonic()
        with pytest.raises(EngineConnectionError, match="The database does not answer"):
            await db.connect()
        assert 0.9 < time.monotonic() - started < 3
        assert not db.is_connected()
        patient = Database(shaky.url(), connect_timeout=timedelta(seconds=20))
        connecting = asyncio.create_task(patient.connect())
    finally:
        await asyncio.to_thread(shaky.start)
    await connecting
    assert await patient.query_first("SELECT 1 AS one") == {"one": 1}
    await patient.disconnect()


async def test_outage_is_an_error_that_says_so_and_passes(shaky: Server) -> None:
    async with Database(shaky.url()) as db:
        engine = db._internal_engine
        pid = engine.pid  # type: ignore[union-attr]  # connected
        await db.query_raw("SELECT 1")
        waiting = asyncio.create_task(db.query_raw("SELECT 1 FROM pg_sleep(30)"))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(shaky.stop)
        try:
            with pytest.raises(StorageUnavailableError):
                await waiting
            for _ in range(12):  # more than the pool has connections
                with pytest.raises(DatabaseUnavailableError) as caught:
                    await db.conversation.count()
                assert caught.value.code == "P1001"
                with pytest.raises(StorageUnavailableError):
                    await db.tx().start()
        finally:
            await asyncio.to_thread(shaky.start)
        assert await db.query_first("SELECT 1 AS one") == {"one": 1}
        assert engine.pid == pid  # type: ignore[union-attr]  # the engine lived through it


async def test_reads_do_not_notice_that_the_database_closed_their_connections(db: Any, postgres: Server) -> None:
    for _ in range(5):
        await asyncio.gather(*(db.user.count() for _ in range(10)))
        await postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'")
        assert await asyncio.gather(*(db.user.count() for _ in range(20))) == [0] * 20


async def test_writes_do_not_notice_either(db: Any, postgres: Server) -> None:
    for number in range(60):
        if number % 20 == 10:
            await postgres.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'"
            )
        await db.user.create(data={"email": str(number)})
        async with db.tx() as tx:
            await tx.category.create(data={"name": str(number)})
    assert await db.user.count() == await db.category.count() == 60


async def test_transaction_whose_connection_was_closed_fails_and_the_next_one_does_not(shaky: Server) -> None:
    async with Database(shaky.url(connection_limit=1)) as db:
        with pytest.raises(Exception, match=r"closed the connection|Transaction"):
            async with db.tx() as tx:
                await tx.query_raw("SELECT 1")
                await shaky.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                )
                await tx.query_raw("SELECT 1")
        async with db.tx() as tx:
            assert await tx.query_first("SELECT 1 AS one") == {"one": 1}
