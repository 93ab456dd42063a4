"""What a process commits, its own watchers are told without its being read again."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from app.chat.events import Delta, End
from app.log import watcher
from app.log.connection import Connection
from tests.log.conftest import NewReply, StartLog
from tests.log.test_delta_log import COMPLETE

DEADLINE_SECONDS = 15


async def test_watchers_see_what_is_written_beside_them_while_the_log_cannot_be_read(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    before = set(await watchers(sql))
    log = await start_log()
    [reading] = set(await watchers(sql)) - before
    reply = await new_reply(log.writer)
    stream, watch = log.open(reply), log.watch(reply, 0)
    await stream.append("one ")
    assert isinstance(await anext(watch), Delta)
    os.kill(reading, signal.SIGSTOP)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await stream.append("two ", "because")
            assert await anext(watch) == Delta(2, "two ", "because")
            await stream.end(COMPLETE)
            assert await anext(watch) == End(2, reply)
    finally:
        os.kill(reading, signal.SIGCONT)
    await watch.aclose()


async def test_what_is_missing_before_ones_own_commit_is_read_at_once(
    start_log: StartLog, new_reply: NewReply, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here another process's rows stand for those of a commit whose answer never came."""
    monkeypatch.setattr(watcher, "POLL_SECONDS", 10 * DEADLINE_SECONDS)
    log = await start_log()
    reply = await new_reply(log.writer)
    stream, watch = log.open(reply), log.watch(reply, 0)
    await stream.append("one ")
    assert isinstance(await anext(watch), Delta)
    await sql.execute("INSERT INTO deltas (message_id, seq, content) VALUES ($1, 2, 'two ')", reply)
    log._writer._streams[reply].seq = 2
    async with asyncio.timeout(DEADLINE_SECONDS):
        await stream.append("three ")
        assert await anext(watch) == Delta(3, "two three ", None)
        await stream.end(COMPLETE)
        assert await anext(watch) == End(3, reply)
    await watch.aclose()


async def watchers(sql: Connection) -> list[int]:
    rows = await sql.fetch(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'parley watcher' AND datname = current_database()"
    )
    return [row["pid"] for row in rows]
