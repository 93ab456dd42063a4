"""A stop: whenever it comes and however often, the reply ends STOPPED with its text, and the upstream is closed."""

from __future__ import annotations

import asyncio

import pytest

from app.chat.changes import WhenBusy
from app.chat.completion import CompletionRequest
from app.chat.errors import ConversationBusy, NotFound
from app.chat.events import Delta, End
from app.chat.identifiers import new_message_id
from app.chat.records import UsageSource
from app.chat.status import MessageStatus
from app.log.connection import Connection
from tests.chat.conftest import NewService, Service, waiting_for_lock
from tests.chat.scripted_backend import DEADLINE_SECONDS


async def test_a_stop_before_the_first_token_ends_the_reply_and_closes_the_backend(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    stopped = await service.stop(reply.id)
    assert (stopped.status, stopped.text.content) == (MessageStatus.STOPPED, "")
    assert call.closed.is_set()
    assert await service.events(reply.id) == [End(0, reply.id)]


async def test_a_stop_midway_keeps_the_text_and_an_estimate_of_its_cost(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("Once upon")
    await service.says(reply.id, "Once upon")
    stopped = await service.stop(reply.id)
    assert (stopped.status, stopped.text.content, stopped.text.seq) == (MessageStatus.STOPPED, "Once upon", 1)
    assert stopped.usage is not None
    assert (stopped.usage.completion_tokens, stopped.usage.source) == (3, UsageSource.ESTIMATED)
    assert stopped.finish_reason is None
    assert call.closed.is_set()
    assert await service.events(reply.id) == [Delta(1, "Once upon"), End(1, reply.id)]


async def test_text_that_came_before_the_stop_is_kept_also_if_nobody_has_seen_it(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    for word in ("Once ", "upon ", "a time"):
        call.say(word)
    await service.says(reply.id, "Once upon a time")
    assert (await service.stop(reply.id)).text.content == "Once upon a time"


async def test_a_stop_while_the_backend_is_being_asked_is_as_good(service: Service) -> None:
    asked = asyncio.Event()

    async def hang(_: CompletionRequest) -> None:
        asked.set()
        await asyncio.Event().wait()

    service.backend.on_call = hang
    reply = (await service.post()).replies[0]
    await asyncio.wait_for(asked.wait(), DEADLINE_SECONDS)
    assert (await service.stop(reply.id)).status is MessageStatus.STOPPED


async def test_a_stop_right_after_the_post_reaches_the_reply(service: Service) -> None:
    reply = (await service.post()).replies[0]
    assert (await service.stop(reply.id)).status is MessageStatus.STOPPED


async def test_a_stop_whose_notification_came_before_the_start_is_found_by_the_next_beat(
    service: Service, sql: Connection
) -> None:
    reply = (await service.post()).replies[0]
    await service.backend.called()
    await sql.execute("UPDATE messages SET stop_requested = true WHERE id = $1", reply.id)
    assert (await service.ended(reply.id)).status is MessageStatus.STOPPED


async def test_a_second_stop_gives_the_same_answer(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("a")
    await service.says(reply.id, "a")
    one, other = await asyncio.gather(service.stop(reply.id), service.stop(reply.id))
    assert one == other == await service.stop(reply.id)


async def test_a_stop_of_what_is_complete_changes_nothing(service: Service) -> None:
    started = await service.post()
    call = await service.backend.called()
    call.say("all of it")
    call.finish()
    complete = await service.ended(started.replies[0].id)
    assert await service.stop(complete.id) == complete
    assert (await service.stop(started.message.id)).status is MessageStatus.COMPLETE


async def test_a_stop_from_another_process_reaches_the_one_that_generates(new_service: NewService) -> None:
    here, there = await new_service(), await new_service()
    reply = (await here.post()).replies[0]
    call = await here.backend.called()
    call.say("a")
    await there.says(reply.id, "a")
    stopped = await there.stop(reply.id)
    assert (stopped.status, stopped.text.content) == (MessageStatus.STOPPED, "a")
    assert call.closed.is_set()


async def test_one_of_several_replies_is_stopped_alone(service: Service) -> None:
    started = await service.post(replies=2)
    calls = [await service.backend.called() for _ in range(2)]
    await service.stop(started.replies[0].id)
    assert [call.closed.is_set() for call in calls].count(True) == 1
    assert (await service.message(started.replies[1].id)).status is MessageStatus.STREAMING
    with pytest.raises(ConversationBusy) as busy:
        await service.post(conversation_id=started.conversation.id)
    assert busy.value.active == started.replies[1].id
    await service.stop(started.replies[1].id)


async def test_a_backend_that_breaks_while_it_is_closed_does_not_make_the_stop_a_failure(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_() -> None:
        raise RuntimeError("cannot close")

    service.backend.on_close = break_
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("kept")
    await service.says(reply.id, "kept")
    stopped = await service.stop(reply.id)
    assert (stopped.status, stopped.text.content, stopped.error) == (MessageStatus.STOPPED, "kept", None)
    assert "cannot close" in caplog.text


async def test_what_is_not_there_or_is_anothers_cannot_be_stopped(service: Service) -> None:
    with pytest.raises(NotFound):
        await service.stop(new_message_id())
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    with pytest.raises(NotFound):
        await service.chat.turns.stop("somebody else", reply.id)
    assert not call.closed.is_set()
    await service.stop(reply.id)


async def test_a_reply_whose_conversation_is_deleted_while_it_is_being_stopped_is_not_found(
    service: Service, sql: Connection
) -> None:
    started = await service.post()
    await service.backend.called()
    async with sql.transaction():
        await sql.execute("SELECT FROM messages WHERE id = $1 FOR UPDATE", started.replies[0].id)
        stopping = asyncio.create_task(service.stop(started.replies[0].id))
        await waiting_for_lock(sql, "stop_requested = true")
        await sql.execute("DELETE FROM conversations WHERE id = $1", started.conversation.id)
    with pytest.raises(NotFound):
        await stopping


async def test_a_post_that_interrupts_stops_what_runs_and_follows_it(service: Service) -> None:
    first = await service.post("One", replies=2)
    calls = [await service.backend.called() for _ in range(2)]
    for call in calls:
        call.say("Tw")
    for reply in first.replies:
        await service.says(reply.id, "Tw")
    second = await service.post("Wait!", conversation_id=first.conversation.id, when_busy=WhenBusy.INTERRUPT)
    assert all(call.closed.is_set() for call in calls)
    for reply in first.replies:
        stopped = await service.message(reply.id)
        assert (stopped.status, stopped.text.content) == (MessageStatus.STOPPED, "Tw")
    assert second.message.parent_id == first.replies[0].id
    prompt = (await service.backend.called()).request.messages
    assert [each.content for each in prompt] == ["One", "Tw", "Wait!"]
    await service.stop(second.replies[0].id)
