from __future__ import annotations

from datetime import timedelta

from app.chat.events import End, Outcome, Snapshot
from app.chat.identifiers import MessageId, new_message_id
from app.chat.status import MessageStatus
from app.log.connection import Connection
from app.log.delta_log import DeltaLog
from app.log.mirror import DELETED_SEQ
from app.log.retention import BATCH_REPLIES
from tests.log.conftest import NewReply, StartLog, everything

COMPLETE = Outcome(MessageStatus.COMPLETE)


async def ended_reply(log: DeltaLog, new_reply: NewReply, text: str) -> MessageId:
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await stream.append(text)
    await stream.end(COMPLETE)
    return reply


async def age(sql: Connection, reply: MessageId, by: timedelta) -> None:
    await sql.execute("UPDATE deltas SET created_at = created_at - $2::interval WHERE message_id = $1", reply, by)


async def rows(sql: Connection, reply: MessageId) -> int:
    count: int = await sql.fetchval("SELECT count(*) FROM deltas WHERE message_id = $1", reply)
    return count


async def test_a_log_is_kept_for_a_day_and_then_its_text_is_in_the_message_alone(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    young, old = [await ended_reply(log, new_reply, text) for text in ("young", "old")]
    await age(sql, young, timedelta(hours=23, minutes=59))
    await age(sql, old, timedelta(hours=24, minutes=1))
    await log.retention.trim()
    assert (await rows(sql, young), await rows(sql, old)) == (2, 0)
    assert await everything(log, old) == [Snapshot(1, "old", None), End(1, old)]


async def test_a_reply_in_flight_keeps_its_log_however_old_it_is(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await stream.append("begun long ago")
    watch = log.watch(reply, 0)
    await anext(watch)
    await watch.aclose()
    await age(sql, reply, timedelta(days=9))
    await log.retention.trim()
    assert await rows(sql, reply) == 1
    await stream.end(COMPLETE)


async def test_more_than_one_batch_is_trimmed_in_one_go(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    replies = [await ended_reply(log, new_reply, "x") for _ in range(BATCH_REPLIES + 3)]
    await sql.execute("UPDATE deltas SET created_at = now() - interval '2 days'")
    await log.retention.trim()
    assert sum([await rows(sql, reply) for reply in replies]) == 0


async def test_what_a_deleted_reply_left_in_the_log_goes_too(start_log: StartLog, sql: Connection) -> None:
    """A batch that was on its way while the reply was deleted; the deletion has left its marker."""
    log = await start_log()
    gone = new_message_id()
    insert = "INSERT INTO deltas (message_id, seq, content, final) VALUES ($1, $2, $3, $4)"
    await sql.executemany(insert, [(gone, 1, "late", False), (gone, DELETED_SEQ, "", True)])
    await age(sql, gone, timedelta(days=2))
    await log.retention.trim()
    assert await rows(sql, gone) == 0
