"""How a flush commits: what it refuses, and whom it notifies."""

from __future__ import annotations

import asyncio

import pytest
from asyncpg import CheckViolationError

from app.chat.events import Delta
from app.chat.ports import Fenced
from app.log import watcher
from app.log.connection import Connection
from app.log.statements import LOG_CHANNEL
from tests.log.conftest import NewReply, StartLog
from tests.log.test_delta_log import COMPLETE, waiting_for_lock

DEADLINE_SECONDS = 15


async def test_of_a_batch_all_is_told_but_the_text_for_a_reply_that_was_taken_away(
    start_log: StartLog, new_reply: NewReply, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "POLL_SECONDS", 10 * DEADLINE_SECONDS)
    log = await start_log()
    ours, taken = await new_reply(log.writer), await new_reply(log.writer)
    stream, taken_stream, watch = log.open(ours), log.open(taken), log.watch(ours, 0)
    await stream.append("one ")
    assert await anext(watch) == Delta(1, "one ", None)
    await sql.execute("UPDATE messages SET writer_id = NULL WHERE id = $1", taken)
    async with sql.transaction():
        await sql.execute("SELECT FROM writers WHERE id = $1 FOR UPDATE", log.writer)
        await stream.append("two ")
        await waiting_for_lock(sql, "parley writer")
        await stream.append("three ")  # these two are one batch
        await taken_stream.append("nobody's")
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert await anext(watch) == Delta(2, "two ", None)
        assert await anext(watch) == Delta(3, "three ", None)
    with pytest.raises(Fenced):
        await taken_stream.append("more")
    assert not await sql.fetch("SELECT FROM deltas WHERE message_id = $1", taken)
    await watch.aclose()
    await stream.end(COMPLETE)


async def test_nobody_is_notified_of_a_commit_while_nobody_else_is_there(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    await sql.add_listener(LOG_CHANNEL, lambda *notification: heard.put_nowait(notification[-1]))
    log = await start_log()
    reply = await new_reply(log.writer)
    stream, watch = log.open(reply), log.watch(reply, 0)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await stream.append("alone ")
        await anext(watch)
        await sql.execute(f"NOTIFY {LOG_CHANNEL}, 'after that'")
        assert await heard.get() == "after that"
        await start_log()
        await stream.append("not alone")
        assert await heard.get() == reply.hex
    await watch.aclose()
    await stream.end(COMPLETE)


async def test_after_text_that_cannot_be_stored_nothing_of_that_reply_is_so_nothing_is_missing_in_between(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    await sql.execute("ALTER TABLE deltas ADD CONSTRAINT a_disk_that_fails CHECK (content <> 'first')")
    log = await start_log()
    reply, other = await new_reply(log.writer), await new_reply(log.writer)
    stream, other_stream = log.open(reply), log.open(other)
    async with asyncio.timeout(DEADLINE_SECONDS):
        async with sql.transaction():
            await sql.execute("SELECT FROM writers WHERE id = $1 FOR UPDATE", log.writer)
            await stream.append("first")
            await waiting_for_lock(sql, "parley writer")
            await stream.append("second")
        await other_stream.end(COMPLETE)  # by which time what waited before it was looked at, too
        with pytest.raises(CheckViolationError):
            await stream.append("third")
        with pytest.raises(CheckViolationError):
            await stream.end(COMPLETE)
    assert not await sql.fetch("SELECT FROM deltas WHERE message_id = $1", reply)
