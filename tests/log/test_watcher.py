"""What the watchers of one reply have to do with those of another."""

from __future__ import annotations

import asyncio

from app.chat.events import Delta
from app.log import watcher
from app.log.connection import Connection
from tests.log.conftest import NewReply, StartLog

SOON_SECONDS = watcher.LOAD_DEADLINE_SECONDS / 2


async def test_a_reply_whose_log_is_damaged_holds_up_nobody_who_watches_another(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    damaged, whole = await new_reply(log.writer), await new_reply(log.writer)
    for reply, seq in ((damaged, 2), (whole, 1)):
        await sql.execute("INSERT INTO deltas (message_id, seq, content) VALUES ($1, $2, 'text')", reply, seq)
    in_vain, watch = log.watch(damaged, 0), log.watch(whole, 0)
    waiting = asyncio.ensure_future(anext(in_vain))
    await asyncio.sleep(0)  # so that it is read before the other
    async with asyncio.timeout(SOON_SECONDS):
        assert await anext(watch) == Delta(1, "text", None)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    await watch.aclose()
