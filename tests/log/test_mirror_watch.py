"""On real logs: one that writes and watches, and one that only watches."""

from __future__ import annotations

import asyncio

import pytest

from app.chat.events import Delta, End
from app.chat.watch import Watch
from tests.log.conftest import NewReply, StartLog
from tests.log.test_delta_log import COMPLETE

DEADLINE_SECONDS = 15


@pytest.mark.parametrize("own", [True, False])
async def test_text_that_is_taken_is_not_told_again_and_the_end_is_left_to_be_asked_for(
    start_log: StartLog, new_reply: NewReply, own: bool
) -> None:
    writing = await start_log()
    log = writing if own else await start_log()
    reply = await new_reply(writing.writer)
    stream, watch = writing.open(reply), log.watch(reply, 0)
    told = asyncio.Event()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await stream.append("one ")
        assert await anext(watch) == Delta(1, "one ")
        assert (watch.take(), watch.idle) == (None, True)
        watch.listen(told.set)
        await stream.append("two ")
        await until_not_idle(watch, told)
        assert (watch.take(), watch.idle) == (Delta(2, "two "), True)
        await stream.append("three ")
        assert await anext(watch) == Delta(3, "three ")
        await stream.end(COMPLETE)
        await until_not_idle(watch, told)
        assert (watch.take(), watch.idle) == (None, False)
        watch.unlisten(told.set)
        assert [event async for event in watch] == [End(3, reply)]
    assert reply not in log.followed


async def until_not_idle(watch: Watch, told: asyncio.Event) -> None:
    """What tells of one change may come when the next one has been waited for already."""
    while watch.idle:
        told.clear()
        await told.wait()


async def test_a_watch_that_is_closed_while_it_is_listened_to_is_followed_no_longer(
    start_log: StartLog, new_reply: NewReply
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream, watch = log.open(reply), log.watch(reply, 0)
    await stream.append("one ")
    assert isinstance(await anext(watch), Delta)
    watch.listen(asyncio.Event().set)
    assert reply in log.followed
    await watch.aclose()
    assert reply not in log.followed
