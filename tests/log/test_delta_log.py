"""The promise, on a real PostgreSQL: each test forces one thing that may happen to a log."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from app.chat.errors import BadInput, NotFound
from app.chat.events import Delta, End, Outcome, Snapshot
from app.chat.identifiers import WriterId, new_message_id, new_uuid
from app.chat.ports import Fenced
from app.chat.records import CompletionError, FinishReason, Text, Usage, UsageSource
from app.chat.status import MessageStatus
from app.log.connection import Connection
from app.log.delta_log import DeltaLog
from tests.log.conftest import NewReply, StartLog, everything, said

COMPLETE = Outcome(MessageStatus.COMPLETE, FinishReason.STOP, Usage(3, 4, UsageSource.PROVIDER))
DEADLINE_SECONDS = 15


async def test_a_watcher_in_another_process_gets_all_text_in_order_and_one_end(
    start_log: StartLog, new_reply: NewReply
) -> None:
    here, there = await start_log(), await start_log()
    reply = await new_reply(here.writer)
    watching = [asyncio.create_task(everything(log, reply)) for log in (here, there)]
    stream = here.open(reply)
    for number in range(100):
        await stream.append(f"{number} ")
        await asyncio.sleep(0)
    await stream.end(COMPLETE)
    for watch in watching:
        events = await asyncio.wait_for(watch, DEADLINE_SECONDS)
        assert said(events) == "".join(f"{number} " for number in range(100))
        assert [type(event) for event in events].count(End) == 1
        assert isinstance(events[-1], End)
        seqs = [event.seq for event in events[:-1]]
        assert seqs == sorted(set(seqs))


async def test_the_row_has_the_whole_text_and_outcome_when_the_end_is_told(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await stream.append("yes", "thinking")
    watch = asyncio.create_task(everything(log, reply))
    error = CompletionError("UPSTREAM", "it broke", True)
    await stream.end(Outcome(MessageStatus.FAILED, FinishReason.LENGTH, Usage(1, 2, UsageSource.ESTIMATED), error))
    await asyncio.wait_for(watch, DEADLINE_SECONDS)
    row = await sql.fetchrow("SELECT * FROM messages WHERE id = $1", reply)
    assert row is not None
    assert (row["status"], row["content"], row["reasoning"], row["seq"]) == ("FAILED", "yes", "thinking", 1)
    assert (row["finish_reason"], row["prompt_tokens"], row["usage_source"]) == ("LENGTH", 1, "ESTIMATED")
    assert (row["error_code"], row["error_message"], row["error_retryable"]) == ("UPSTREAM", "it broke", True)
    assert row["completed_at"] is not None
    assert await sql.fetchval("SELECT state FROM turns WHERE id = $1", row["turn_id"]) == "ENDED"


async def test_whoever_comes_back_with_the_last_seq_gets_exactly_the_rest(
    start_log: StartLog, new_reply: NewReply
) -> None:
    log, elsewhere = await start_log(), await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    first: list[Delta] = []
    watch = log.watch(reply, 0)
    for word in ("one ", "two ", "three "):
        await stream.append(word)
        event = await anext(watch)  # so that each word is a delta of its own
        assert isinstance(event, Delta)
        first.append(event)
    await watch.aclose()
    during = asyncio.create_task(everything(elsewhere, reply, first[0].seq))
    await stream.end(COMPLETE)
    assert said(await asyncio.wait_for(during, DEADLINE_SECONDS)) == "two three "
    for seen in range(4):
        events = await everything(elsewhere, reply, seen)
        assert said(events) == "".join(event.content for event in first[seen:])
        assert events[-1] == End(3, reply)


async def test_nothing_is_seen_before_it_is_committed(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    async with sql.transaction():
        # The flush needs this lock, so it waits until the transaction ends: a barrier before the commit.
        await sql.execute("SELECT FROM writers WHERE id = $1 FOR UPDATE", log.writer)
        watch = asyncio.create_task(anext(log.watch(reply, 0)))
        await stream.append("held back")
        await waiting_for_lock(sql, "parley writer")
        assert not watch.done()
        assert await log.texts([reply]) == {}
    event = await asyncio.wait_for(watch, DEADLINE_SECONDS)
    assert event == Delta(1, "held back", None)


async def test_text_that_gathers_during_a_commit_is_one_delta(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    async with sql.transaction():
        await sql.execute("SELECT FROM writers WHERE id = $1 FOR UPDATE", log.writer)
        await stream.append("first")
        await waiting_for_lock(sql, "parley writer")
        for word in (" and", " the", " rest"):
            await stream.append(word)
    await stream.end(COMPLETE)
    rows = await sql.fetch("SELECT seq, content, final FROM deltas WHERE message_id = $1 ORDER BY seq", reply)
    assert [tuple(row) for row in rows] == [(1, "first", False), (2, " and the rest", False), (3, "", True)]


async def test_a_dismissed_writer_is_refused_and_its_reply_has_the_text_of_its_log(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    paused, other = await start_log(), await start_log()
    fenced = asyncio.Event()
    paused.on_fenced(fenced.set)
    reply = await new_reply(paused.writer)
    stream = paused.open(reply)
    await stream.append("kept")
    watch = other.watch(reply, 0)
    assert await anext(watch) == Delta(1, "kept", None)
    # As a process that is paused past its lease and wakes up after somebody else has reaped it.
    async with sql.transaction():
        await sql.execute("SELECT FROM writers WHERE id = $1 FOR UPDATE", paused.writer)
        await stream.append(" lost")
        await waiting_for_lock(sql, "parley writer")
        await sql.execute("DELETE FROM writers WHERE id = $1", paused.writer)
    with pytest.raises(Fenced):
        await stream.end(COMPLETE)
    await asyncio.wait_for(fenced.wait(), DEADLINE_SECONDS)
    assert await asyncio.wait_for(anext(watch), DEADLINE_SECONDS) == End(1, reply)
    row = await sql.fetchrow("SELECT status, content, writer_id FROM messages WHERE id = $1", reply)
    assert row is not None
    assert tuple(row) == ("INTERRUPTED", "kept", None)
    again = await new_reply(paused.writer)  # it has registered anew and goes on serving
    stream = paused.open(again)
    await stream.end(COMPLETE)
    assert (await everything(other, again))[-1] == End(0, again)


async def test_a_connection_cut_anywhere_loses_and_doubles_nothing(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    here, there = await start_log(), await start_log()
    reply = await new_reply(here.writer)
    watching = [asyncio.create_task(everything(log, reply)) for log in (here, there)]
    stream = here.open(reply)
    for number in range(120):
        await stream.append(f"{number} ")
        if number % 30 == 15:
            await sql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'parley%' AND datname = current_database()"
            )
        await asyncio.sleep(0.002)
    await stream.end(COMPLETE)
    for watch in watching:
        events = await asyncio.wait_for(watch, DEADLINE_SECONDS)
        assert said(events) == "".join(f"{number} " for number in range(120))
        assert isinstance(events[-1], End)


async def test_a_stop_reaches_the_writer_from_anywhere(start_log: StartLog, new_reply: NewReply) -> None:
    writer, other = await start_log(), await start_log()
    asked: asyncio.Queue[object] = asyncio.Queue()
    writer.on_stop(asked.put_nowait)
    reply = await new_reply(writer.writer)
    await other.request_stop(reply)
    assert await asyncio.wait_for(asked.get(), DEADLINE_SECONDS) == reply


async def test_a_stop_whose_notification_is_lost_is_found_by_the_next_beat(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    asked: asyncio.Queue[object] = asyncio.Queue()
    log.on_stop(asked.put_nowait)
    reply = await new_reply(log.writer)
    await sql.execute("UPDATE messages SET stop_requested = true WHERE id = $1", reply)
    assert await asyncio.wait_for(asked.get(), DEADLINE_SECONDS) == reply


async def test_a_notification_that_is_lost_is_made_up_for_by_the_poll(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    watch = log.watch(reply, 0)
    waiting = asyncio.create_task(anext(watch))
    await sql.execute("INSERT INTO deltas (message_id, seq, content) VALUES ($1, 1, 'unannounced')", reply)
    assert await asyncio.wait_for(waiting, DEADLINE_SECONDS) == Delta(1, "unannounced", None)
    await watch.aclose()


async def test_a_trimmed_reply_is_one_snapshot_and_the_end(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await stream.append("long ago", "hm")
    await stream.end(COMPLETE)
    await sql.execute("DELETE FROM deltas WHERE message_id = $1", reply)
    assert await everything(log, reply) == [Snapshot(1, "long ago", "hm"), End(1, reply)]
    assert await everything(log, reply, 1) == [End(1, reply)]


async def test_a_reply_that_is_deleted_while_it_is_watched_is_not_found_any_more_however_much_else_goes_on(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply, other = await new_reply(log.writer), await new_reply(log.writer)
    stream = log.open(reply)
    await stream.append("x")
    watch = log.watch(reply, 0)
    assert await anext(watch) == Delta(1, "x", None)
    waiting = asyncio.ensure_future(anext(watch))
    elsewhere = asyncio.create_task(everything(log, other))
    stream = log.open(other)
    await sql.execute(
        "DELETE FROM conversations c USING messages m WHERE m.conversation_id = c.id AND m.id = $1", reply
    )
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not waiting.done():
            await stream.append("busy ")
            await asyncio.sleep(0.01)
    with pytest.raises(NotFound):
        await waiting
    await stream.end(COMPLETE)
    await elsewhere


async def test_a_log_that_is_trimmed_before_its_end_was_read_is_one_snapshot_and_the_end(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    await sql.execute("INSERT INTO deltas (message_id, seq, content) VALUES ($1, 1, 'one ')", reply)
    watch = log.watch(reply, 0)
    assert await anext(watch) == Delta(1, "one ", None)
    async with sql.transaction():  # as found by a process that was cut off from the database for a day
        await sql.execute("UPDATE messages SET status = 'COMPLETE', seq = 2, content = 'one two' WHERE id = $1", reply)
        await sql.execute("DELETE FROM deltas WHERE message_id = $1", reply)
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert [event async for event in watch] == [Snapshot(2, "one two", None), End(2, reply)]


async def test_whoever_has_seen_more_elsewhere_than_was_read_here_is_not_refused(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    insert = "INSERT INTO deltas (message_id, seq, content) VALUES ($1, $2, $3)"
    await sql.execute(insert, reply, 1, "one ")
    watch = log.watch(reply, 0)
    assert await anext(watch) == Delta(1, "one ", None)
    await sql.execute(insert, reply, 2, "two ")  # the notification of which is still on its way here
    hopping = asyncio.ensure_future(anext(log.watch(reply, 2)))
    await sql.execute(insert, reply, 3, "three")
    assert await asyncio.wait_for(hopping, DEADLINE_SECONDS) == Delta(3, "three", None)
    await watch.aclose()


async def test_what_does_not_exist_is_not_found_at_once(start_log: StartLog) -> None:
    log = await start_log()
    with pytest.raises(NotFound):
        await asyncio.wait_for(everything(log, new_message_id()), DEADLINE_SECONDS)


async def test_a_cursor_beyond_the_text_is_refused(start_log: StartLog, new_reply: NewReply) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    with pytest.raises(BadInput, match="after"):
        await everything(log, reply, 1)


async def test_content_and_seq_are_one_consistent_read(start_log: StartLog, new_reply: NewReply) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    watch = log.watch(reply, 0)
    for number in range(20):
        await stream.append(f"{number} ", "r")
        await anext(watch)
        text = (await log.texts([reply]))[reply]
        assert text == Text(number + 1, "".join(f"{each} " for each in range(number + 1)), "r" * (number + 1))
    await watch.aclose()
    await stream.end(COMPLETE)


async def test_text_that_postgresql_refuses_ends_its_own_stream_only(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    good, bad = await new_reply(log.writer), await new_reply(log.writer)
    async with sql.transaction():
        await sql.execute("SELECT FROM writers WHERE id = $1 FOR UPDATE", log.writer)
        good_stream, bad_stream = log.open(good), log.open(bad)
        await good_stream.append("x")
        await waiting_for_lock(sql, "parley writer")
        await good_stream.append("fine")  # these two are one batch
        await bad_stream.append("not \0 fine")
    await good_stream.end(COMPLETE)
    assert said(await everything(log, good)) == "xfine"
    with pytest.raises(Exception, match="0x00"):
        await bad_stream.end(COMPLETE)


async def test_a_reply_that_nobody_generates_is_ended_by_its_own_process(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    assert await asyncio.wait_for(everything(log, reply), DEADLINE_SECONDS) == [End(0, reply)]
    assert await sql.fetchval("SELECT status FROM messages WHERE id = $1", reply) == "INTERRUPTED"


async def test_a_reply_that_is_begun_while_it_is_ended_for_that_nobody_generates_it_shows_nothing(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    async with sql.transaction():  # in the way of the end that the process gives it
        await sql.execute("INSERT INTO deltas (message_id, seq) VALUES ($1, 1)", reply)
        await waiting_for_lock(sql, "parley lease")
        stream = log.open(reply)
        with pytest.raises(Fenced):
            await stream.append("too late")
        await sql.execute("DELETE FROM deltas WHERE message_id = $1", reply)
    with pytest.raises(Fenced):
        await stream.end(COMPLETE)
    assert await asyncio.wait_for(everything(log, reply), DEADLINE_SECONDS) == [End(0, reply)]
    assert await sql.fetchval("SELECT status FROM messages WHERE id = $1", reply) == "INTERRUPTED"


async def test_a_reply_that_waited_long_before_it_began_is_not_taken_for_one_that_nobody_generates(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    await sql.execute("UPDATE messages SET created_at = now() - interval '1 hour' WHERE id = $1", reply)
    for _ in range(2):  # beats between its begin and the moment when the process hears of it
        await another_beat(sql, log)
    stream = log.open(reply)
    await stream.append("at last")
    await stream.end(COMPLETE)
    assert said(await everything(log, reply)) == "at last"


async def test_after_an_outage_nobody_is_dismissed_who_is_about_to_come_back(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    log, slow = await start_log(), WriterId(new_uuid())
    await sql.execute("INSERT INTO writers (id, lease_until) VALUES ($1, now())", slow)
    reply = await new_reply(slow)
    # As when the database was away for longer than a lease: all have run out, and one is back before the other.
    await sql.execute("UPDATE writers SET lease_until = now(), started_at = now() - interval '1 hour'")
    for _ in range(2):
        await another_beat(sql, log)
    assert await sql.fetchval("SELECT count(*) FROM writers WHERE id = $1", slow) == 1
    # One that does not come back at all is dismissed a lease later.
    assert await asyncio.wait_for(everything(log, reply), DEADLINE_SECONDS) == [End(0, reply)]


async def test_nobody_is_dismissed_who_was_held_up_and_renews_at_once(
    start_log: StartLog, new_reply: NewReply, sql: Connection
) -> None:
    judge, held_up = await start_log(), WriterId(new_uuid())
    await sql.execute("UPDATE writers SET started_at = now() - interval '1 hour'")
    # As when the database has stood still, for less than the judge had left of its lease and more than another had.
    await sql.execute("INSERT INTO writers (id, lease_until) VALUES ($1, now() - interval '1 s')", held_up)
    reply = await new_reply(held_up)
    for beat in range(1, 5):
        await another_beat(sql, judge)
        # It renews between two beats of the judge, and is held up again each time.
        await sql.execute(
            "UPDATE writers SET lease_until = now() - make_interval(secs => 1.0 / $2) WHERE id = $1", held_up, beat + 1
        )
    assert await sql.fetchval("SELECT count(*) FROM writers WHERE id = $1", held_up) == 1
    # Silent for as long as a renewal may take, it is dead.
    assert await asyncio.wait_for(everything(judge, reply), DEADLINE_SECONDS) == [End(0, reply)]


async def test_a_lease_gives_a_writer_whose_connection_hung_once_the_time_to_renew(start_log: StartLog) -> None:
    log = await start_log()
    lease, link = log._lease, log._control
    assert lease._suspects._patience_seconds >= link._answer_seconds + lease._beat_seconds


async def test_ends_of_one_turn_in_any_order_and_its_deletion_at_once_do_not_deadlock(
    start_log: StartLog, new_reply: NewReply, sql: Connection, database_url: str
) -> None:
    log = await start_log()
    replies = sorted([await new_reply(log.writer) for _ in range(3)])
    turn = await sql.fetchval("SELECT turn_id FROM messages WHERE id = $1", replies[0])
    await sql.execute("UPDATE messages SET turn_id = $1", turn)
    locked_by_deletion = "SELECT id FROM messages WHERE turn_id = $1 ORDER BY id FOR UPDATE"
    deletion = await asyncpg.connect(database_url, server_settings={"application_name": "deletion"})
    async with sql.transaction():
        await sql.execute("SELECT FROM messages WHERE id = $1 FOR UPDATE", replies[1])
        ending = [asyncio.create_task(log.open(each).end(COMPLETE)) for each in reversed(replies)]
        await waiting_for_lock(sql, "parley writer")
        deleting = asyncio.create_task(deletion.fetch(locked_by_deletion, turn))
        await waiting_for_lock(sql, "deletion")
    await asyncio.gather(*ending)
    assert [row["id"] for row in await deleting] == replies
    await deletion.close()
    assert await sql.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0


async def test_a_watch_that_is_closed_frees_its_mirror(start_log: StartLog, new_reply: NewReply) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    await stream.append("x")
    watches = [log.watch(reply, 0) for _ in range(3)]
    for watch in watches:
        await anext(watch)
    assert len(log.followed) == 1
    for watch in watches:
        await watch.aclose()
    assert not log.followed
    await stream.end(COMPLETE)


async def test_closing_gives_the_lease_back(start_log: StartLog, sql: Connection) -> None:
    log: DeltaLog = await start_log()
    assert await sql.fetchval("SELECT count(*) FROM writers") == 1
    await log.close()
    assert await sql.fetchval("SELECT count(*) FROM writers") == 0


async def waiting_for_lock(sql: Connection, application: str) -> None:
    """Returns when that connection waits for a lock."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await sql.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'"
            " AND datname = current_database()",
            application,
        ):
            await asyncio.sleep(0.01)
            await sql.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity of its first look


async def another_beat(sql: Connection, log: DeltaLog) -> None:
    """Returns when the log has renewed its lease once more."""
    lease = "SELECT lease_until FROM writers WHERE id = $1"
    before = await sql.fetchval(lease, log.writer)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while await sql.fetchval(lease, log.writer) == before:
            await asyncio.sleep(0.01)
