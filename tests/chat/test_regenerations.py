"""A reply can be generated anew, beside the first one; that is a turn and a completion of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.chat.changes import Edit, Regeneration, StartedTurn
from app.chat.completion import PromptMessage
from app.chat.errors import (
    BadInput,
    CompletionContinued,
    ConversationBusy,
    IdempotencyConflict,
    ModelNotFound,
    NotFound,
)
from app.chat.identifiers import MessageId, TurnId, new_message_id, new_uuid
from app.chat.paging import CompletionQuery, Window
from app.chat.parameters import CompletionParameters
from app.chat.records import Role
from app.chat.status import MessageStatus
from app.log.connection import Connection
from tests.chat.conftest import NewService, Service, waiting_for_lock
from tests.chat.test_edits import siblings


async def regenerate(service: Service, id: MessageId, **given: Any) -> StartedTurn:
    return await service.chat.turns.regenerate(service.owner, Regeneration(id, **given))


def completion_id(started: StartedTurn) -> TurnId:
    assert started.replies[0].turn_id
    return started.replies[0].turn_id


@pytest.fixture
async def answered(service: Service) -> StartedTurn:
    """A second message of a conversation, with its answer."""
    first = await service.post("One")
    await service.answer(first.replies[0], "1")
    second = await service.post("Two", conversation_id=first.conversation.id)
    await service.answer(second.replies[0], "2")
    return second


async def test_a_regenerated_reply_is_a_sibling_made_from_the_same_branch(
    service: Service, answered: StartedTurn
) -> None:
    anew = await regenerate(service, answered.replies[0].id)
    assert await service.answer(anew.replies[0], "zwei") == ["One", "1", "Two"]
    assert anew.message == answered.message
    assert (anew.replies[0].parent_id, anew.replies[0].depth) == (answered.message.id, answered.replies[0].depth)
    assert anew.conversation.tip_id == anew.replies[0].id
    assert await siblings(service, answered.replies[0].id) == ["2", "zwei"]
    assert await service.branch(anew.replies[0].id) == ["One", "1", "Two", "zwei"]


async def test_several_are_generated_side_by_side_and_the_first_is_the_tip(
    service: Service, answered: StartedTurn
) -> None:
    anew = await regenerate(service, answered.replies[0].id, replies=3, parameters=CompletionParameters(seed=7))
    calls = [await service.backend.called() for _ in anew.replies]
    assert sorted(call.request.parameters.seed or 0 for call in calls) == [7, 8, 9]
    assert anew.conversation.tip_id == anew.replies[0].id
    for call in calls:
        call.say("again")
        call.finish()
    for reply in anew.replies:
        assert (await service.ended(reply.id)).status is MessageStatus.COMPLETE
    assert await siblings(service, anew.replies[1].id) == ["2", "again", "again", "again"]


async def test_a_reply_in_flight_is_not_generated_anew(service: Service) -> None:
    started = await service.post("One")
    await service.backend.called()
    with pytest.raises(ConversationBusy) as refused:
        await regenerate(service, started.replies[0].id)
    assert refused.value.active == started.replies[0].id
    assert await siblings(service, started.replies[0].id) == [""]
    await service.stop(started.replies[0].id)
    anew = await regenerate(service, started.replies[0].id)
    await service.answer(anew.replies[0], "1")


async def test_what_is_no_reply_or_answers_nothing_or_is_not_there_is_refused(
    service: Service, answered: StartedTurn
) -> None:
    id = answered.replies[0].id
    with pytest.raises(BadInput, match=r"^message_id: .*USER"):
        await regenerate(service, answered.message.id)
    root = await service.post("Out of nowhere", role=Role.ASSISTANT, replies=0)
    with pytest.raises(BadInput, match=r"^message_id: answers no message"):
        await regenerate(service, root.message.id)
    for replies in (0, 9):
        with pytest.raises(BadInput, match=r"^n: "):
            await regenerate(service, id, replies=replies)
    with pytest.raises(NotFound, match="message"):
        await regenerate(service, new_message_id())
    with pytest.raises(NotFound, match="message"):
        await service.chat.turns.regenerate("stranger", Regeneration(id))
    with pytest.raises(ModelNotFound):
        await regenerate(service, id, model="unheard of")
    assert await siblings(service, id) == ["2"]


async def test_the_same_regeneration_again_has_its_first_answer(service: Service, answered: StartedTurn) -> None:
    key, id = f"key-{new_uuid()}", answered.replies[0].id
    first = await regenerate(service, id, replies=2, idempotency_key=key)
    again = await regenerate(service, id, replies=2, idempotency_key=key)
    assert (again.repeated, again.message) == (True, answered.message)
    assert [each.id for each in again.replies] == [each.id for each in first.replies]
    with pytest.raises(IdempotencyConflict):
        await regenerate(service, id, replies=1, idempotency_key=key)
    with pytest.raises(IdempotencyConflict):
        await service.chat.turns.edit(service.owner, Edit(answered.message.id, "Two", idempotency_key=key))
    for reply in first.replies:
        await service.stop(reply.id)
    assert await siblings(service, id) == ["2", "", ""]


async def test_a_reply_regenerated_on_a_server_that_dies_is_interrupted(
    new_service: NewService, sql: Connection
) -> None:
    crashed, other = await new_service(), await new_service()
    started = await crashed.post("One")
    await crashed.answer(started.replies[0], "1")
    anew = await regenerate(crashed, started.replies[0].id)
    (await crashed.backend.called()).say("half")
    await other.says(anew.replies[0].id, "half")
    await sql.execute("DELETE FROM writers WHERE id = $1", crashed.log.writer)  # as the reaper does
    ended = await other.ended(anew.replies[0].id)
    assert (ended.status, ended.text.content) == (MessageStatus.INTERRUPTED, "half")
    again = await regenerate(other, anew.replies[0].id)
    assert await other.answer(again.replies[0], "eins") == ["One"]


async def test_it_is_a_completion_that_is_listed_read_and_labelled(service: Service, answered: StartedTurn) -> None:
    anew = await regenerate(service, answered.replies[0].id)
    await service.answer(anew.replies[0], "zwei")
    id = completion_id(anew)
    assert id != completion_id(answered)
    found = await service.chat.completions.get(service.owner, id)
    assert (found.message_id, [each.text.content for each in found.replies]) == (answered.message.id, ["zwei"])
    [first] = (await service.chat.completions.get(service.owner, completion_id(answered))).replies
    assert first.text.content == "2"
    page = await service.chat.completions.page(service.owner, CompletionQuery())
    assert [each.id for each in page.items][-2:] == [completion_id(answered), id]
    prompt = await service.chat.completions.prompt(service.owner, id, Window(10))
    assert [each.text.content for each in prompt.items] == ["One", "1", "Two"]
    labelled = await service.chat.completions.set_metadata(service.owner, id, {"a": "1"})
    assert labelled.metadata == {"a": "1"}


async def test_it_can_be_deleted_alone_and_the_first_completion_not_before_it(
    service: Service, answered: StartedTurn
) -> None:
    anew = await regenerate(service, answered.replies[0].id)
    await service.answer(anew.replies[0], "zwei")
    with pytest.raises(CompletionContinued):
        await service.chat.completions.delete(service.owner, completion_id(answered))
    await service.chat.completions.delete(service.owner, completion_id(anew))
    assert await siblings(service, answered.replies[0].id) == ["2"]
    [conversation] = (await service.chat.conversations.get(service.owner, [answered.conversation.id])).values()
    assert conversation.tip_id == answered.message.id
    await service.chat.completions.delete(service.owner, completion_id(answered))


async def test_where_the_message_is_deleted_meanwhile_nothing_is_generated(
    service: Service, answered: StartedTurn, sql: Connection
) -> None:
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", answered.conversation.id)
        anew = asyncio.create_task(regenerate(service, answered.replies[0].id))
        await waiting_for_lock(sql, "begin a turn")
        await sql.execute("DELETE FROM messages WHERE id = $1", answered.replies[0].id)
        await sql.execute("DELETE FROM messages WHERE id = $1", answered.message.id)
    with pytest.raises(NotFound, match="message"):
        await anew
    turns = "SELECT count(*) FROM turns WHERE conversation_id = $1"
    assert await sql.fetchval(turns, answered.conversation.id) == 2


async def test_an_imported_reply_is_generated_anew_from_what_was_imported(service: Service) -> None:
    imported = [PromptMessage(Role.USER, "One"), PromptMessage(Role.ASSISTANT, "1")]
    conversation = await service.chat.conversations.create(service.owner, messages=imported)
    assert conversation.tip_id
    anew = await regenerate(service, conversation.tip_id)
    assert await service.answer(anew.replies[0], "eins") == ["One"]
    assert await siblings(service, conversation.tip_id) == ["1", "eins"]
