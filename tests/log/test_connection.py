"""One connection that comes back by itself: however it is lost."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from app.log.connection import Connection, Link

DEADLINE_SECONDS = 15


async def backend(connection: Connection) -> int:
    """PostgreSQL's process for the connection."""
    pid: int = await connection.fetchval("SELECT pg_backend_pid()")
    return pid


def process(link: Link) -> int | None:
    """By a call, as it changes."""
    return link.server_process


async def test_a_server_that_says_nothing_more_is_taken_for_lost(database_url: str) -> None:
    link = Link(database_url, "test", answer_seconds=0.3)
    silent = await link.use(backend)
    os.kill(silent, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.use(backend), DEADLINE_SECONDS)
        assert await asyncio.wait_for(link.use(backend), DEADLINE_SECONDS) != silent
    finally:
        os.kill(silent, signal.SIGCONT)
    await link.close()


async def test_work_that_may_be_repeated_is_done_in_spite_of_a_cut_and_an_outage_is_told_once(
    database_url: str, sql: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    link = Link(database_url, "test")
    attempts = 0

    async def work(connection: Connection) -> int:
        nonlocal attempts
        attempts += 1
        if attempts <= 3:
            await sql.execute("SELECT pg_terminate_backend($1)", await backend(connection))
        return await backend(connection)

    await asyncio.wait_for(link.insist(work), DEADLINE_SECONDS)
    assert attempts == 4
    assert [record.message for record in caplog.records if record.name == "parley.log"] == [
        "database connection lost",
        "database connection is back",
    ]
    await link.close()


async def test_a_connection_that_is_no_more_has_no_process_that_another_may_be_by_now(
    database_url: str, sql: Connection
) -> None:
    link = Link(database_url, "test", answer_seconds=0.3)
    assert await link.use(backend) == process(link)
    with pytest.raises(TimeoutError):
        await link.use(lambda connection: connection.fetchval("SELECT pg_sleep(60)"))
    assert process(link) is None
    ended = await link.use(backend)
    await sql.execute("SELECT pg_terminate_backend($1)", ended)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while process(link) is not None:
            await asyncio.sleep(0.01)
    await link.close()
