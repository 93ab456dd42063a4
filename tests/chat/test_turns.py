"""Posting: branches, who wins when two post at once, and what becomes of callers that go away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.chat.changes import StartedTurn, WhenBusy
from app.chat.errors import ConversationBusy, ModelNotFound, NotFound, ShuttingDown
from app.chat.identifiers import new_conversation_id, new_message_id
from app.chat.paging import Window
from app.chat.records import Role
from app.chat.status import MessageStatus
from app.log.connection import Connection
from tests.chat.conftest import NewService, Service, open_streams, waiting_for_lock
from tests.chat.scripted_backend import DEADLINE_SECONDS, MODEL


async def answered(service: Service, content: str, answer: str, **given: Any) -> StartedTurn:
    """A post whose reply is complete."""
    started = await service.post(content, **given)
    call = await service.backend.called()
    call.say(answer)
    call.finish()
    await service.ended(started.replies[0].id)
    return started


async def branch(service: Service, started: StartedTurn) -> list[str]:
    """What the conversation says now, from its root to its tip."""
    [conversation] = (await service.chat.conversations.get(service.owner, [started.conversation.id])).values()
    assert conversation.tip_id is not None
    page = await service.chat.history.branch(service.owner, conversation.tip_id, Window(100))
    return [each.text.content for each in page.items]


async def test_a_post_without_a_conversation_begins_one(service: Service) -> None:
    started = await answered(service, "Hello", "Hi!", metadata={"client": "test"})
    assert (started.message.role, started.message.depth, started.message.parent_id) == (Role.USER, 0, None)
    assert started.message.metadata == {"client": "test"}
    assert started.replies[0].parent_id == started.message.id
    assert started.replies[0].model == MODEL
    assert await branch(service, started) == ["Hello", "Hi!"]


async def test_a_post_follows_the_tip(service: Service) -> None:
    first = await answered(service, "One", "Two")
    second = await answered(service, "Three", "Four", conversation_id=first.conversation.id)
    assert second.conversation.id == first.conversation.id
    assert second.conversation.updated_at >= first.conversation.updated_at
    assert await branch(service, first) == ["One", "Two", "Three", "Four"]


async def test_a_post_to_an_earlier_message_begins_a_branch_and_selects_it(service: Service) -> None:
    first = await answered(service, "One", "Two")
    await answered(service, "Three", "Four", conversation_id=first.conversation.id)
    other = await service.post("3", conversation_id=first.conversation.id, parent_id=first.replies[0].id)
    call = await service.backend.called()
    assert [each.content for each in call.request.messages] == ["One", "Two", "3"]
    call.say("4")
    call.finish()
    await service.ended(other.replies[0].id)
    assert await branch(service, first) == ["One", "Two", "3", "4"]


async def test_a_model_that_is_not_served_is_refused_before_anything_is_stored(service: Service) -> None:
    with pytest.raises(ModelNotFound):
        await service.post(model="gpt-0")
    assert await service.chat.conversations.count(service.owner) == 0


async def test_a_message_without_a_reply_needs_no_model(service: Service) -> None:
    started = await service.post(model="gpt-0", replies=0)
    assert started.message.model is None


async def test_what_is_not_there_or_is_anothers_cannot_be_posted_to(service: Service) -> None:
    started = await service.post(replies=0)
    elsewhere = await service.post(replies=0)
    with pytest.raises(NotFound, match="conversation"):
        await service.post(conversation_id=new_conversation_id())
    for parent in (new_message_id(), elsewhere.message.id):
        with pytest.raises(NotFound, match="parent"):
            await service.post(conversation_id=started.conversation.id, parent_id=parent)
    with pytest.raises(NotFound, match="conversation"):
        await replace(service, owner="somebody else").post(conversation_id=started.conversation.id)


async def test_a_busy_conversation_refuses_a_second_turn_and_names_the_reply(service: Service) -> None:
    first = await service.post()
    with pytest.raises(ConversationBusy) as busy:
        await service.post(conversation_id=first.conversation.id)
    assert busy.value.active == first.replies[0].id
    active = await service.chat.history.active(service.owner, [first.conversation.id])
    assert {id: each.id for id, each in active.items()} == {first.conversation.id: first.replies[0].id}
    await service.stop(first.replies[0].id)
    assert await service.chat.history.active(service.owner, [first.conversation.id]) == {}
    second = await service.post(conversation_id=first.conversation.id)
    await service.stop(second.replies[0].id)


async def test_a_message_without_a_reply_is_taken_by_a_busy_conversation(service: Service) -> None:
    first = await service.post()
    note = await service.post("by the way", conversation_id=first.conversation.id, replies=0)
    assert note.message.parent_id == first.replies[0].id
    await service.stop(first.replies[0].id)


async def test_of_many_posts_at_once_exactly_one_wins(new_service: NewService, sql: Connection) -> None:
    """Half of them in another process; all of them wait for the same lock before they may go."""
    here, there = await new_service(), await new_service()
    started = await here.post(replies=0)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", started.conversation.id)
        posts = [
            asyncio.create_task(service.post(str(number), conversation_id=started.conversation.id))
            for number in range(3)
            for service in (here, there)
        ]
        await waiting_for_lock(sql, "begin a turn", count=len(posts))
    results = await asyncio.gather(*posts, return_exceptions=True)
    [winner] = [each for each in results if isinstance(each, StartedTurn)]
    refused = [each for each in results if isinstance(each, ConversationBusy)]
    assert len(refused) == len(posts) - 1
    assert {each.active for each in refused} == {winner.replies[0].id}
    assert here.backend.calls + there.backend.calls == 1
    await here.stop(winner.replies[0].id)


async def test_posts_that_interrupt_each_other_are_all_stored_and_one_is_left_running(service: Service) -> None:
    first = await service.post("0")
    posts = [
        service.post(str(number), conversation_id=first.conversation.id, when_busy=WhenBusy.INTERRUPT)
        for number in range(1, 5)
    ]
    started = await asyncio.wait_for(asyncio.gather(*posts), 2 * DEADLINE_SECONDS)
    statuses = [(await service.message(each.replies[0].id)).status for each in (first, *started)]
    assert statuses.count(MessageStatus.STREAMING) == 1
    assert statuses.count(MessageStatus.STOPPED) == 4
    assert sorted(await branch(service, first)) == ["", "", "", "", "", "0", "1", "2", "3", "4"]
    active = await service.chat.history.active(service.owner, [first.conversation.id])
    await service.stop(active[first.conversation.id].id)


async def test_a_caller_that_goes_away_during_the_commit_leaves_a_reply_that_is_generated(
    service: Service, sql: Connection
) -> None:
    started = await service.post(replies=0)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", started.conversation.id)
        posting = asyncio.create_task(service.post("still there?", conversation_id=started.conversation.id))
        await waiting_for_lock(sql, "begin a turn")
        posting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await posting
    call = await service.backend.called()
    call.say("yes")
    call.finish()
    [reply] = (await service.records.active_replies(service.owner, [started.conversation.id])).values()
    assert (await service.ended(reply[0].id)).text.content == "yes"


async def test_deleting_a_conversation_ends_the_work_on_its_replies(service: Service, sql: Connection) -> None:
    started = await service.post(replies=2)
    calls = [await service.backend.called() for _ in range(2)]
    for call in calls:
        call.say("secret")
    for reply in started.replies:
        await service.says(reply.id, "secret")
    watching = asyncio.create_task(service.events(started.replies[0].id))
    await service.chat.conversations.delete(service.owner, started.conversation.id)
    for call in calls:
        await asyncio.wait_for(call.closed.wait(), DEADLINE_SECONDS)
    with pytest.raises(NotFound):
        await watching
    with pytest.raises(NotFound):
        await service.message(started.replies[0].id)
    await service.runner.drain(DEADLINE_SECONDS)
    assert open_streams(service.log) == []
    assert not service.runner.in_hand
    ids = [each.id for each in started.replies]
    left = await sql.fetch("SELECT content, final FROM deltas WHERE message_id = ANY ($1::uuid[])", ids)
    assert {tuple(row) for row in left} == {("", True)}  # the marker that there is nothing more to come


async def test_deleting_from_another_process_ends_the_work_with_the_next_words(new_service: NewService) -> None:
    here, there = await new_service(), await new_service()
    started = await here.post()
    call = await here.backend.called()
    await there.chat.conversations.delete(there.owner, started.conversation.id)
    call.say("to nobody")
    await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not call.closed.is_set():
            call.say("still to nobody")
            await asyncio.sleep(0.01)
    await here.runner.drain(DEADLINE_SECONDS)
    assert open_streams(here.log) == []


async def test_a_draining_process_lets_replies_finish(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    service.chat.turns.close()
    await service.chat.turns.settle()
    draining = asyncio.create_task(service.runner.drain(DEADLINE_SECONDS))
    call.say("the rest")
    call.finish()
    await draining
    ended = await service.message(reply.id)
    assert (ended.status, ended.text.content) == (MessageStatus.COMPLETE, "the rest")


async def test_what_has_not_finished_within_the_grace_period_is_interrupted_with_its_text(service: Service) -> None:
    replies = (await service.post(replies=2)).replies
    slow, quick = [await service.backend.called() for _ in range(2)]
    slow.say("half")
    quick.say("whole")
    quick.finish()
    await asyncio.wait_for(quick.closed.wait(), DEADLINE_SECONDS)
    await service.runner.drain(0.05)
    assert slow.closed.is_set()
    ended = sorted([await service.message(each.id) for each in replies], key=lambda each: each.text.content)
    assert [(each.status, each.text.content) for each in ended] == [
        (MessageStatus.INTERRUPTED, "half"),
        (MessageStatus.COMPLETE, "whole"),
    ]
    assert not service.runner.in_hand


async def test_a_draining_process_takes_no_posts(service: Service) -> None:
    service.chat.turns.close()
    with pytest.raises(ShuttingDown):
        await service.post()
    assert await service.chat.conversations.count(service.owner) == 0


async def test_a_post_that_came_before_the_drain_but_was_not_committed_is_refused(service: Service) -> None:
    """The drain has counted what is to be started; nothing may be started after that."""
    service.catalog.gate = asyncio.Event()
    posting = asyncio.create_task(service.post())
    await asyncio.wait_for(service.catalog.asked.wait(), DEADLINE_SECONDS)
    service.chat.turns.close()
    await service.chat.turns.settle()
    service.catalog.gate.set()
    with pytest.raises(ShuttingDown):
        await posting
    assert service.backend.calls == 0


async def test_a_drain_waits_for_posts_that_are_being_committed(service: Service, sql: Connection) -> None:
    started = await service.post(replies=0)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", started.conversation.id)
        posting = asyncio.create_task(service.post("last words", conversation_id=started.conversation.id))
        await waiting_for_lock(sql, "begin a turn")
        service.chat.turns.close()
        settling = asyncio.create_task(service.chat.turns.settle())
        done, _ = await asyncio.wait([settling], timeout=0.05)
        assert not done
    await asyncio.wait_for(settling, DEADLINE_SECONDS)
    assert list(service.runner.in_hand) == [(await posting).replies[0].id]
    await service.runner.drain(0)
    assert (await service.message((await posting).replies[0].id)).status is MessageStatus.INTERRUPTED
