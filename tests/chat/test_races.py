"""What happens at the same moment, decided by PostgreSQL: each pair of events many times, by two processes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from app.chat.changes import NewTurn, Post, StartedTurn, WhenBusy
from app.chat.errors import NotFound
from app.chat.idempotency import digest
from app.chat.identifiers import WriterId, new_message_id
from app.chat.status import MessageStatus
from app.log import statements as log_statements
from app.log.connection import Connection
from app.log.mirror import DELETED_SEQ
from app.storage import statements as storage_statements
from app.storage.client import Database
from app.storage.errors import OutcomeUnknownError
from app.storage.records import PrismaRecords
from tests.chat.conftest import NewService, Service
from tests.chat.scripted_backend import DEADLINE_SECONDS

ROUNDS = 20


async def queued(service: Service, replies: int) -> tuple[StartedTurn, StartedTurn]:
    """A turn that runs, and one behind it."""
    first = await service.post("One")
    second = await service.post(
        "Two", conversation_id=first.conversation.id, when_busy=WhenBusy.ENQUEUE, replies=replies
    )
    return first, second


async def test_two_stops_of_one_waiting_turn_end_it_together(new_service: NewService, sql: Connection) -> None:
    here, there = await new_service(), await new_service()
    for _ in range(ROUNDS):
        first, second = await queued(here, replies=2)
        one, other = second.replies
        await asyncio.gather(here.stop(one.id), there.stop(other.id))
        state = await sql.fetchval("SELECT state FROM turns WHERE id = $1", second.message.turn_id)
        assert state == "ENDED"
        await here.stop(first.replies[0].id)


async def test_a_stop_and_the_queue_at_once_leave_nothing_busy(new_service: NewService, sql: Connection) -> None:
    here, there = await new_service(), await new_service()
    for _ in range(ROUNDS):
        first, second = await queued(here, replies=1)
        await asyncio.gather(here.stop(first.replies[0].id), there.stop(second.replies[0].id))
        assert (await here.ended(second.replies[0].id)).status is MessageStatus.STOPPED
        unended = "SELECT count(*) FROM turns WHERE conversation_id = $1 AND state <> 'ENDED'"
        assert await sql.fetchval(unended, first.conversation.id) == 0


async def test_a_deletion_and_the_queue_at_once_both_succeed(new_service: NewService) -> None:
    here, there = await new_service(), await new_service()
    for _ in range(ROUNDS):
        first, _second = await queued(here, replies=1)
        with suppress(NotFound):  # the stop may find it deleted
            await asyncio.gather(
                here.stop(first.replies[0].id), there.chat.conversations.delete(there.owner, first.conversation.id)
            )
        with pytest.raises(NotFound):
            await here.message(first.replies[0].id)


async def test_a_turn_left_without_replies_in_flight_is_ended(service: Service, sql: Connection) -> None:
    """None should be; this is the net."""
    first = await service.post("One")
    await service.stop(first.replies[0].id)
    await sql.execute("UPDATE turns SET state = 'RUNNING' WHERE id = $1", first.message.turn_id)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while await sql.fetchval("SELECT state FROM turns WHERE id = $1", first.message.turn_id) != "ENDED":
            await asyncio.sleep(0.02)


async def test_a_deletion_is_told_to_watchers_and_stops_the_model_on_any_server(new_service: NewService) -> None:
    writer, other = await new_service(), await new_service()
    started = await writer.post("Hello")
    call = await writer.backend.called()
    call.say("half")
    reply = started.replies[0].id
    await other.says(reply, "half")
    watching = asyncio.create_task(other.events(reply))
    await other.says(reply, "half")  # the watcher beside it is there, too
    await other.chat.conversations.delete(other.owner, started.conversation.id)
    with pytest.raises(NotFound):
        await asyncio.wait_for(watching, DEADLINE_SECONDS)
    await asyncio.wait_for(call.closed.wait(), DEADLINE_SECONDS)


async def test_a_stop_that_comes_before_the_start_is_carried_out(service: Service) -> None:
    """Its notification may overtake the answer to the statement that began the reply."""
    begin = service.records.begin_turn

    async def stopped_at_once(turn: NewTurn, writer: WriterId) -> StartedTurn:
        started = await begin(turn, writer)
        service.runner.stop(started.replies[0].id)
        return started

    service.records.begin_turn = stopped_at_once  # type: ignore[method-assign]  # the moment in between
    started = await service.post("Hello")
    assert (await service.ended(started.replies[0].id)).status is MessageStatus.STOPPED


async def test_early_stops_of_others_replies_are_forgotten_again(service: Service) -> None:
    for _ in range(3_000):
        service.runner.stop(new_message_id())
    assert len(service.runner._early_stops) == 1_000


class AnswersGetLost(Database):
    """The real client, but the answer to the next statement does not arrive, though the statement was carried out."""

    lose = 0

    async def rows(self, sql: str, *parameters: object, **how: Any) -> list[asyncpg.Record]:
        answer = await super().rows(sql, *parameters, **how)
        if self.lose:
            self.lose -= 1
            raise OutcomeUnknownError("contact was lost")
        return answer


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_post_whose_answer_is_lost_is_stored_once_and_answered(
    new_service: NewService, shared_url: str, sql: Connection, lost: int
) -> None:
    service = await new_service()
    database = AnswersGetLost(shared_url)
    await database.connect()
    try:
        records = PrismaRecords(database)
        service.records.begin_turn = records.begin_turn  # type: ignore[method-assign]  # only this one is unlucky
        first = await service.post("One")
        call = await service.backend.called()
        call.finish()
        await service.ended(first.replies[0].id)
        database.lose = lost
        second = await service.post("Two", conversation_id=first.conversation.id)
        assert second.message.text.content == "Two"
        assert not second.repeated
        assert database.lose == 0
        (await service.backend.called()).finish()
        assert (await service.ended(second.replies[0].id)).status is MessageStatus.COMPLETE
        posted = "SELECT count(*) FROM messages WHERE conversation_id = $1 AND content = 'Two'"
        assert await sql.fetchval(posted, first.conversation.id) == 1
    finally:
        await database.disconnect()


def test_a_post_that_says_a_default_aloud_is_the_same_post() -> None:
    assert digest(Post("a")) == digest(Post("a", when_busy=WhenBusy.REJECT, metadata={}))
    assert digest(Post("a")) != digest(Post("a", replies=2))


def test_log_and_storage_mean_the_same_channels_and_marker() -> None:
    assert storage_statements.LOG_CHANNEL == log_statements.LOG_CHANNEL
    assert storage_statements.STOP_CHANNEL == log_statements.STOP_CHANNEL
    assert storage_statements.QUEUE_CHANNEL == log_statements.QUEUE_CHANNEL
    assert storage_statements.DELETED_SEQ == DELETED_SEQ
