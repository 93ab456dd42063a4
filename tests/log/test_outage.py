"""PostgreSQL is away while replies are in flight."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from app.chat.errors import StorageUnavailable
from app.chat.events import End, Outcome
from app.chat.ports import Overflow
from app.chat.status import MessageStatus
from app.log import watcher as watcher_module
from app.log import writer as writer_module
from app.log.connection import Connection
from tests.log.conftest import NewReply, StartLog, everything, said

COMPLETE = Outcome(MessageStatus.COMPLETE)
DEADLINE_SECONDS = 15


class Door:
    """Shuts a database to everybody, as if its server were down, and opens it again."""

    def __init__(self, admin_url: str, url: str) -> None:
        self._admin_url = admin_url
        self._name = url.partition("?")[0].rpartition("/")[2]

    async def shut(self) -> None:
        await self._run(
            f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false',
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'",
        )

    async def open(self) -> None:
        await self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')

    async def _run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self._admin_url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()


@pytest.fixture
async def door(postgres: str, database_url: str) -> AsyncGenerator[Door]:
    door = Door(postgres, database_url)
    yield door
    await door.open()


async def test_text_that_comes_while_the_database_is_away_is_committed_when_it_is_back(
    start_log: StartLog, new_reply: NewReply, door: Door
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    watch = asyncio.create_task(everything(log, reply))
    await stream.append("before, ")
    await door.shut()
    await stream.append("meanwhile, ")
    with pytest.raises(StorageUnavailable):
        await log.texts([reply])
    await stream.append("still, ")
    await door.open()
    await stream.append("after")
    await asyncio.wait_for(stream.end(COMPLETE), DEADLINE_SECONDS)
    events = await asyncio.wait_for(watch, DEADLINE_SECONDS)
    assert said(events) == "before, meanwhile, still, after"
    assert isinstance(events[-1], End)


async def test_more_text_than_may_wait_ends_the_reply_with_what_was_taken(
    start_log: StartLog, new_reply: NewReply, door: Door, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING_CHARACTERS", 1_000)
    monkeypatch.setattr(writer_module, "STALL_SECONDS", 0.05)
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await door.shut()
    taken = 0
    with pytest.raises(Overflow):
        while taken < 10_000:
            await stream.append("x" * 100)
            taken += 100
            await asyncio.sleep(0)
    await door.open()
    await asyncio.wait_for(stream.end(Outcome(MessageStatus.INTERRUPTED)), DEADLINE_SECONDS)
    assert said(await everything(log, reply)) == "x" * taken
    assert 1_000 <= taken < 3_000


async def test_a_watch_that_begins_while_the_database_is_away_does_not_hang(
    start_log: StartLog, new_reply: NewReply, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher_module, "LOAD_DEADLINE_SECONDS", 0.2)
    log = await start_log()
    reply = await new_reply(log.writer)
    await door.shut()
    with pytest.raises(StorageUnavailable):
        await asyncio.wait_for(everything(log, reply), DEADLINE_SECONDS)


async def test_a_log_closes_in_time_while_the_database_is_away(
    start_log: StartLog, new_reply: NewReply, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "LAST_FLUSH_SECONDS", 0.2)
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await door.shut()
    await stream.append("never committed")
    await asyncio.wait_for(log.close(), DEADLINE_SECONDS)
