"""Posts that wait for the reply before them: durable, in order, taken up by whichever process is there."""

from __future__ import annotations

import asyncio

import pytest

from app.chat.changes import StartedTurn, WhenBusy
from app.chat.completion import PromptMessage, ServedModel
from app.chat.errors import ConversationBusy
from app.chat.events import Delta, End
from app.chat.identifiers import MessageId
from app.chat.paging import CompletionQuery, Window
from app.chat.parameters import CompletionParameters
from app.chat.records import Message, Role
from app.chat.status import MessageStatus
from app.log.connection import Connection
from tests.chat.conftest import NewService, Service
from tests.chat.scripted_backend import DEADLINE_SECONDS

BEFORE = (PromptMessage(Role.SYSTEM, "Be brief."), PromptMessage(Role.USER, "So"))


async def enqueue(service: Service, after: StartedTurn, content: str) -> StartedTurn:
    return await service.post(content, conversation_id=after.conversation.id, when_busy=WhenBusy.ENQUEUE)


async def answer(service: Service, reply: Message, content: str) -> list[str]:
    """Has the reply that is next say that and end; returns what it was asked."""
    call = await service.backend.called()
    call.say(content)
    call.finish()
    assert (await service.ended(reply.id)).text.content == content
    return [each.content for each in call.request.messages]


async def test_on_an_idle_conversation_a_post_is_answered_at_once(service: Service) -> None:
    first = await service.post("One", when_busy=WhenBusy.ENQUEUE)
    assert first.replies[0].status is MessageStatus.STREAMING
    await answer(service, first.replies[0], "1")
    second = await enqueue(service, first, "Two")
    assert second.replies[0].status is MessageStatus.STREAMING
    assert await answer(service, second.replies[0], "2") == ["One", "1", "Two"]


async def test_posts_wait_for_their_turn_and_know_what_was_said_before_it(service: Service) -> None:
    first = await service.post("One")
    second = await enqueue(service, first, "Two")
    third = await enqueue(service, first, "Three")
    assert [each.replies[0].status for each in (second, third)] == [MessageStatus.QUEUED] * 2
    assert third.message.parent_id == second.replies[0].id
    assert service.backend.calls <= 1
    assert await answer(service, first.replies[0], "1") == ["One"]
    assert await answer(service, second.replies[0], "2") == ["One", "1", "Two"]
    assert await answer(service, third.replies[0], "3") == ["One", "1", "Two", "2", "Three"]


async def test_who_watches_a_reply_that_waits_is_told_all_of_it(service: Service) -> None:
    first = await service.post("One")
    second = await enqueue(service, first, "Two")
    watching = asyncio.create_task(service.events(second.replies[0].id))
    await answer(service, first.replies[0], "1")
    await answer(service, second.replies[0], "2")
    assert await watching == [Delta(1, "2"), End(1, second.replies[0].id)]


async def test_a_reply_that_waits_can_be_stopped_and_the_next_one_moves_up(service: Service) -> None:
    first = await service.post("One")
    second = await enqueue(service, first, "Two")
    third = await enqueue(service, first, "Three")
    stopped = await service.stop(second.replies[0].id)
    assert (stopped.status, stopped.text.content) == (MessageStatus.STOPPED, "")
    await answer(service, first.replies[0], "1")
    assert await answer(service, third.replies[0], "3") == ["One", "1", "Two", "Three"]
    assert service.backend.calls == 2


async def test_a_post_that_interrupts_stops_what_runs_and_all_that_waits(service: Service) -> None:
    first = await service.post("One")
    await service.backend.called()
    waiting = [await enqueue(service, first, content) for content in ("Two", "Three")]
    last = await asyncio.wait_for(
        service.post("Stop!", conversation_id=first.conversation.id, when_busy=WhenBusy.INTERRUPT), DEADLINE_SECONDS
    )
    for each in (first, *waiting):
        assert (await service.message(each.replies[0].id)).status is MessageStatus.STOPPED
    assert (await service.message(last.replies[0].id)).status is MessageStatus.STREAMING
    await service.stop(last.replies[0].id)


async def test_what_waits_is_taken_up_by_another_process_when_its_own_is_gone(new_service: NewService) -> None:
    here, there = await new_service(), await new_service()
    first = await here.post("One")
    second = await enqueue(here, first, "Two")
    here.chat.turns.close()
    await here.chat.turns.settle()
    call = await here.backend.called()
    call.say("half of it")
    await there.says(first.replies[0].id, "half of it")
    await here.runner.drain(0)
    assert await answer(there, second.replies[0], "2") == ["One", "half of it", "Two"]
    assert here.backend.calls == 1


async def test_many_posts_at_once_are_answered_one_after_the_other(new_service: NewService, sql: Connection) -> None:
    here, there = await new_service(), await new_service()
    first = await here.post("first")
    posts = [enqueue(service, first, str(number)) for number in range(4) for service in (here, there)]
    started = await asyncio.gather(*posts)

    async def run(service: Service) -> None:
        while True:
            call = await service.backend.called()
            running = "SELECT count(*) FROM turns WHERE conversation_id = $1 AND state = 'RUNNING'"
            assert await sql.fetchval(running, first.conversation.id) == 1
            call.say("ok")
            call.finish()

    async with asyncio.timeout(DEADLINE_SECONDS):
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(run(here))
            also = group.create_task(run(there))
            for each in started:
                assert (await here.ended(each.replies[0].id)).text.content == "ok"
            answering.cancel()
            also.cancel()
    assert here.backend.calls + there.backend.calls == 9
    parents = {(await here.message(each.message.id)).parent_id for each in started}
    assert len(parents) == 8  # a chain: no two follow the same reply


async def test_a_post_that_is_repeated_while_it_waits_waits_once(service: Service) -> None:
    first = await service.post("One")
    key = str(first.message.id)
    posts = [
        await service.post(
            "Two", conversation_id=first.conversation.id, when_busy=WhenBusy.ENQUEUE, idempotency_key=key
        )
        for _ in range(2)
    ]
    assert posts[0].replies[0].id == posts[1].replies[0].id
    assert posts[1].repeated
    await answer(service, first.replies[0], "1")
    await answer(service, posts[0].replies[0], "2")
    assert service.backend.calls == 2


async def test_a_queue_has_an_end(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.storage.turns.MAX_QUEUED_TURNS", 2)
    first = await service.post("One")
    second = await enqueue(service, first, "Two")
    with pytest.raises(ConversationBusy):
        await enqueue(service, first, "Three")
    await service.stop(second.replies[0].id)
    await service.stop(first.replies[0].id)


async def test_a_model_that_is_no_longer_served_fails_its_own_reply_only(service: Service, sql: Connection) -> None:
    first = await service.post("One")
    second = await enqueue(service, first, "Two")
    third = await enqueue(service, first, "Three")
    await sql.execute("UPDATE messages SET model = 'gone' WHERE id = $1", second.replies[0].id)
    await answer(service, first.replies[0], "1")
    failed = await service.ended(second.replies[0].id)
    assert failed.status is MessageStatus.FAILED
    assert failed.error is not None
    assert failed.error.code == "MODEL_NOT_FOUND"
    await answer(service, third.replies[0], "3")


async def test_a_catalog_that_breaks_fails_the_reply_and_does_not_hold_up_the_queue(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = await service.post("One")
    second = await enqueue(service, first, "Two")
    third = await enqueue(service, first, "Three")
    resolve, broken = service.catalog.resolve, iter([True])

    async def break_once(name: str | None) -> ServedModel:
        if next(broken, False):
            raise RuntimeError("the list of models is hunter2")
        return await resolve(name)

    monkeypatch.setattr(service.catalog, "resolve", break_once)
    await answer(service, first.replies[0], "1")
    failed = await service.ended(second.replies[0].id)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == (MessageStatus.FAILED, "INTERNAL")
    assert "hunter2" not in failed.error.message
    assert "hunter2" in caplog.text
    await answer(service, third.replies[0], "3")


async def test_a_deleted_conversation_takes_what_waits_with_it(service: Service, sql: Connection) -> None:
    first = await service.post("One")
    second = await enqueue(service, first, "Two")
    await service.chat.conversations.delete(service.owner, first.conversation.id)
    await service.runner.drain(DEADLINE_SECONDS)
    assert await sql.fetchval("SELECT count(*) FROM messages WHERE id = $1", second.replies[0].id) == 0
    assert service.backend.calls <= 1


async def test_of_replies_that_wait_each_keeps_its_own_seed_whichever_are_stopped_before(service: Service) -> None:
    first = await service.post("One")
    second = await service.post(
        "Two",
        conversation_id=first.conversation.id,
        when_busy=WhenBusy.ENQUEUE,
        replies=3,
        parameters=CompletionParameters(seed=100),
    )
    await service.stop(second.replies[0].id)
    await answer(service, first.replies[0], "1")
    calls = [await service.backend.called() for _ in range(2)]
    assert sorted(call.request.parameters.seed or 0 for call in calls) == [101, 102]
    for call in calls:
        call.finish()
    for reply in second.replies:
        await service.ended(reply.id)


async def test_a_post_that_was_held_up_by_an_interruption_is_listed_after_what_came_meanwhile(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await service.post("One")
    stop, stopping, go = service.chat.turns.stop, asyncio.Event(), asyncio.Event()

    async def late(owner: str, id: MessageId) -> Message:
        stopping.set()
        await go.wait()
        return await stop(owner, id)

    monkeypatch.setattr(service.chat.turns, "stop", late)
    held_up = asyncio.create_task(
        service.post("Two", conversation_id=first.conversation.id, when_busy=WhenBusy.INTERRUPT, before=BEFORE)
    )
    await asyncio.wait_for(stopping.wait(), DEADLINE_SECONDS)
    meanwhile = await service.post("elsewhere")
    page = await service.chat.completions.page(service.owner, CompletionQuery())
    go.set()
    second = await held_up
    after = await service.chat.completions.page(service.owner, CompletionQuery(after=page.items[-1].id))
    assert [each.id for each in after.items] == [second.message.turn_id]
    ids = [each.id for each in (await service.chat.history.branch(service.owner, second.message.id, Window(9))).items]
    assert ids == sorted(ids)
    for started in (meanwhile, second):
        await stop(service.owner, started.replies[0].id)
