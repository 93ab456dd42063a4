"""The end of a reply never waits for search, and never fails because of it."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest

from app.chat.events import Outcome
from app.chat.status import MessageStatus
from app.log.connection import Connection
from tests.log.conftest import NewReply, StartLog, everything, said

COMPLETE = Outcome(MessageStatus.COMPLETE)
DEADLINE_SECONDS = 30
MEGABYTES = 8_000_000

WORDS = " ".join(map("".join, product("abcdefghijklmnopqrstuvwxyz0123456789", repeat=3)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WORDS, id="more different words than a tsvector holds"),
        pytest.param("".join(map(chr, range(0x4E00, 0xA000))), id="ideographs"),
        pytest.param("x", id="one word"),
    ],
)
async def test_a_reply_of_8_megabytes_is_complete_and_not_indexed_by_its_end(
    start_log: StartLog, new_reply: NewReply, sql: Connection, text: str
) -> None:
    text = text * (MEGABYTES // len(text.encode()) + 1)
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await stream.append(text)
    await asyncio.wait_for(stream.end(COMPLETE), DEADLINE_SECONDS)
    assert said(await everything(log, reply)) == text
    assert await sql.fetchval("SELECT status::text FROM messages WHERE id = $1", reply) == "COMPLETE"
    [entry] = await sql.fetch("SELECT owner, words FROM search_entries WHERE message_id = $1", reply)
    assert tuple(entry) == ("local", None)


async def test_a_reply_ends_while_an_indexer_is_at_work(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    first, second = await new_reply(log.writer), await new_reply(log.writer)
    streams = {reply: log.open(reply) for reply in (first, second)}
    await streams[first].append("tide")
    await streams[first].end(COMPLETE)
    async with sql.transaction():
        await sql.execute("UPDATE search_entries SET words = search_words(owner, 'tide')")
        await streams[second].append("moon")
        await asyncio.wait_for(streams[second].end(COMPLETE), DEADLINE_SECONDS)
    assert await sql.fetchval("SELECT count(*) FROM search_entries") == 2


async def test_a_reply_that_says_nothing_has_no_entry(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    await log.open(reply).end(COMPLETE)
    assert await sql.fetchval("SELECT count(*) FROM search_entries") == 0
