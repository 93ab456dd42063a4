"""Text of unusual size and content goes through the log unchanged."""

from __future__ import annotations

import asyncio

import pytest

from app.chat.events import End, Outcome
from app.chat.status import MessageStatus
from tests.log.conftest import NewReply, StartLog, everything, said

COMPLETE = Outcome(MessageStatus.COMPLETE)
DEADLINE_SECONDS = 30


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ä€😀\u2028" * 1_000_000, id="4 million characters in one delta"),
        pytest.param("".join(map(chr, range(1, 0xD800))) + "".join(map(chr, range(0xE000, 0x11000))), id="every kind"),
        pytest.param("\\N,{}\"'$1\t\r\n", id="what SQL and COPY quote"),
    ],
)
async def test_a_delta_arrives_elsewhere_as_it_was(start_log: StartLog, new_reply: NewReply, text: str) -> None:
    here, there = await start_log(), await start_log()
    reply = await new_reply(here.writer)
    watch = asyncio.create_task(everything(there, reply))
    stream = here.open(reply)
    await stream.append(text, text)
    await asyncio.wait_for(stream.end(COMPLETE), DEADLINE_SECONDS)
    events = await asyncio.wait_for(watch, DEADLINE_SECONDS)
    assert said(events) == text
    assert "".join(getattr(event, "reasoning", None) or "" for event in events) == text


async def test_empty_pieces_are_no_deltas(start_log: StartLog, new_reply: NewReply) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    for piece in ("", "a", "", "b", ""):
        await stream.append(piece)
    await stream.append("", "")
    await stream.end(COMPLETE)
    events = await everything(log, reply)
    assert said(events) == "ab"
    assert isinstance(events[-1], End)


async def test_three_hundred_streams_at_once_get_all_their_text(start_log: StartLog, new_reply: NewReply) -> None:
    log = await start_log()
    replies = [await new_reply(log.writer) for _ in range(300)]
    streams = [log.open(reply) for reply in replies]
    watches = [asyncio.create_task(everything(log, reply)) for reply in replies]
    for word in ("one ", "two ", "three"):
        for stream in streams:
            await stream.append(word)
        await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.gather(*(stream.end(COMPLETE) for stream in streams)), DEADLINE_SECONDS)
    for watch in watches:
        assert said(await asyncio.wait_for(watch, DEADLINE_SECONDS)) == "one two three"
