"""Stored completions as their owners see them: found, listed, labelled, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from app.chat.changes import StartedTurn, WhenBusy
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput, CompletionContinued, NotFound
from app.chat.identifiers import TurnId, new_message_id, new_turn_id
from app.chat.paging import CompletionQuery, Window
from app.chat.records import Role
from app.chat.status import MessageStatus
from app.log.connection import Connection
from tests.chat.conftest import NewService, Service
from tests.chat.scripted_backend import DEADLINE_SECONDS

BEFORE = (
    PromptMessage(Role.SYSTEM, "Be brief."),
    PromptMessage(Role.USER, "One"),
    PromptMessage(Role.ASSISTANT, ""),
    PromptMessage(Role.TOOL, "1"),
)


def completion_id(started: StartedTurn) -> TurnId:
    assert started.message.turn_id
    return started.message.turn_id


async def test_messages_before_the_posted_one_are_what_the_model_reads_and_readers_find(service: Service) -> None:
    started = await service.post("Two", before=BEFORE)
    assert await service.answer(started.replies[0], "2") == ["Be brief.", "One", "1", "Two"]
    assert await service.branch(started.replies[0].id) == ["Be brief.", "One", "", "1", "Two", "2"]


async def test_a_completion_in_flight_says_what_its_log_says(service: Service) -> None:
    started = await service.post(replies=2, before=BEFORE)
    call = await service.backend.called()
    call.say("half")
    await asyncio.wait_for(_first_to_say(service, started, "half"), DEADLINE_SECONDS)
    found = await service.chat.completions.get(service.owner, completion_id(started))
    [listed] = (await service.chat.completions.page(service.owner, CompletionQuery())).items
    for completion in (found, listed):
        assert sorted(each.text.content for each in completion.replies) == ["", "half"]
        assert sorted(each.text.seq for each in completion.replies) == [0, 1]
    for reply in started.replies:
        await service.stop(reply.id)
    ended = await service.chat.completions.get(service.owner, completion_id(started))
    assert [each.status for each in ended.replies] == [MessageStatus.STOPPED] * 2


async def _first_to_say(service: Service, started: StartedTurn, content: str) -> None:
    saying = [asyncio.create_task(service.says(each.id, content)) for each in started.replies]
    _, pending = await asyncio.wait(saying, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()


async def test_the_prompt_of_a_completion_is_read_page_by_page(service: Service) -> None:
    started = await service.post("Two", before=BEFORE)
    await service.answer(started.replies[0], "2")
    id = completion_id(started)
    page = await service.chat.completions.prompt(service.owner, id, Window(3))
    assert [each.text.content for each in page.items] == ["Be brief.", "One", ""]
    assert page.has_next
    rest = await service.chat.completions.prompt(service.owner, id, Window(3, after=page.items[-1].id))
    assert [each.text.content for each in rest.items] == ["1", "Two"]
    assert not rest.has_next
    with pytest.raises(BadInput, match=r"^after: "):
        await service.chat.completions.prompt(service.owner, id, Window(3, after=new_message_id()))


async def test_metadata_is_replaced_and_checked(service: Service) -> None:
    started = await service.post(completion_metadata={"a": "1"})
    id = completion_id(started)
    assert (await service.chat.completions.set_metadata(service.owner, id, {"b": "2"})).metadata == {"b": "2"}
    with pytest.raises(BadInput, match=r"^metadata\.c: "):
        await service.chat.completions.set_metadata(service.owner, id, {"c": "\0"})
    assert (await service.chat.completions.get(service.owner, id)).metadata == {"b": "2"}
    await service.stop(started.replies[0].id)


CALLS: list[Callable[[Service, TurnId], Awaitable[object]]] = [
    lambda service, one: service.chat.completions.get(service.owner, one),
    lambda service, one: service.chat.completions.prompt(service.owner, one, Window()),
    lambda service, one: service.chat.completions.set_metadata(service.owner, one, {}),
    lambda service, one: service.chat.completions.delete(service.owner, one),
]


@pytest.mark.parametrize("call", CALLS, ids=["get", "prompt", "set_metadata", "delete"])
async def test_anothers_completion_and_a_note_are_not_found(
    service: Service, call: Callable[[Service, TurnId], Awaitable[object]]
) -> None:
    mine, note = await service.post(completion_metadata={"a": "1"}), await service.post("note", replies=0)
    stranger = replace(service, owner="stranger")
    for who, id in ((stranger, completion_id(mine)), (service, completion_id(note)), (service, new_turn_id())):
        with pytest.raises(NotFound, match="completion"):
            await call(who, id)
    found = await service.chat.completions.get(service.owner, completion_id(mine))
    assert (found.metadata, found.replies[0].status) == ({"a": "1"}, MessageStatus.STREAMING)
    await service.stop(mine.replies[0].id)


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("limit", {"limit": 0}),
        ("limit", {"limit": 101}),
        ("model", {"model": "\0"}),
        ("metadata.a", {"metadata": {"a": "\0"}}),
    ],
)
async def test_a_list_that_cannot_be_asked_for_is_refused_by_the_name_of_the_field(
    service: Service, field: str, query: dict[str, object]
) -> None:
    with pytest.raises(BadInput) as refused:
        await service.chat.completions.page(service.owner, CompletionQuery(**query))  # type: ignore[arg-type]
    assert refused.value.field == field


async def test_deleting_one_in_flight_stops_the_model_wherever_it_runs_and_ends_every_watch(
    new_service: NewService,
) -> None:
    here, there = await new_service(), await new_service()
    for deleting in (here, there):
        started = await here.post(before=BEFORE)
        call = await here.backend.called()
        call.say("half")
        reply = started.replies[0].id
        await there.says(reply, "half")
        watching = asyncio.create_task(there.events(reply))
        await there.says(reply, "half")  # the watcher beside it is there, too
        await deleting.chat.completions.delete(deleting.owner, completion_id(started))
        await asyncio.wait_for(call.closed.wait(), DEADLINE_SECONDS)
        with pytest.raises(NotFound):
            await asyncio.wait_for(watching, DEADLINE_SECONDS)
        with pytest.raises(NotFound):
            await here.message(started.message.id)
        assert await here.chat.conversations.get(here.owner, [started.conversation.id]) == {}


async def test_after_a_deletion_the_conversation_goes_on_from_before(service: Service) -> None:
    first = await service.post("One")
    await service.answer(first.replies[0], "1")
    second = await service.post("Two", conversation_id=first.conversation.id, before=BEFORE)
    await service.backend.called()
    await service.chat.completions.delete(service.owner, completion_id(second))
    third = await service.post("Three", conversation_id=first.conversation.id)
    assert await service.answer(third.replies[0], "3") == ["One", "1", "Three"]


async def test_what_the_conversation_goes_on_from_is_not_deleted(service: Service) -> None:
    first = await service.post("One")
    await service.answer(first.replies[0], "1")
    second = await service.post("Two", conversation_id=first.conversation.id)
    with pytest.raises(CompletionContinued):
        await service.chat.completions.delete(service.owner, completion_id(first))
    await service.chat.completions.delete(service.owner, completion_id(second))
    await service.chat.completions.delete(service.owner, completion_id(first))
    assert await service.chat.conversations.get(service.owner, [first.conversation.id]) == {}


async def test_what_waits_on_another_branch_is_begun_when_what_runs_is_deleted(service: Service) -> None:
    root = await service.post("root", replies=0)
    id = root.conversation.id
    running = await service.post("One", conversation_id=id)
    waiting = await service.post(
        "Two", conversation_id=id, parent_id=root.message.id, when_busy=WhenBusy.ENQUEUE, before=BEFORE[:2]
    )
    await service.backend.called()
    await service.chat.completions.delete(service.owner, completion_id(running))
    assert await service.answer(waiting.replies[0], "2") == ["root", "Be brief.", "One", "Two"]


async def test_a_turn_that_waits_tells_the_model_what_came_with_it(service: Service) -> None:
    first = await service.post("Zero")
    second = await service.post("Two", conversation_id=first.conversation.id, when_busy=WhenBusy.ENQUEUE, before=BEFORE)
    assert second.replies[0].status is MessageStatus.QUEUED
    await service.answer(first.replies[0], "0")
    assert await service.answer(second.replies[0], "2") == ["Zero", "0", "Be brief.", "One", "1", "Two"]


async def test_when_the_server_crashes_all_that_was_posted_is_kept_and_the_completion_is_interrupted(
    new_service: NewService, sql: Connection
) -> None:
    crashed, other = await new_service(), await new_service()
    started = await crashed.post("Two", before=BEFORE)
    call = await crashed.backend.called()
    call.say("half")
    await other.says(started.replies[0].id, "half")
    await sql.execute("DELETE FROM writers WHERE id = $1", crashed.log.writer)  # as the reaper does
    await other.events(started.replies[0].id)
    found = await other.chat.completions.get(other.owner, completion_id(started))
    assert [(each.status, each.text.content) for each in found.replies] == [(MessageStatus.INTERRUPTED, "half")]
    assert await other.branch(started.replies[0].id) == ["Be brief.", "One", "", "1", "Two", "half"]
    statuses = await sql.fetchval(
        "SELECT array_agg(DISTINCT status::text) FROM messages WHERE turn_id = $1 AND id <> $2",
        completion_id(started),
        started.replies[0].id,
    )
    assert statuses == ["COMPLETE"]
    after = await other.post("Three", conversation_id=started.conversation.id)
    assert (await other.answer(after.replies[0], "3"))[-2:] == ["half", "Three"]
