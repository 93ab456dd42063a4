"""Clients that send the whole history each time: what is said already is not stored again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.chat.changes import StartedTurn, WhenBusy
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput, ConversationBusy, IdempotencyConflict, NotFound, StorageUnavailable
from app.chat.identifiers import MessageId, TurnId, new_message_id, new_uuid
from app.chat.paging import Page, Window
from app.chat.records import Message, Role
from app.log.connection import Connection
from tests.chat.conftest import NewService, Service, waiting_for_lock


def user(content: str) -> PromptMessage:
    return PromptMessage(Role.USER, content)


def assistant(content: str) -> PromptMessage:
    return PromptMessage(Role.ASSISTANT, content)


async def answered(service: Service, content: str = "One", answer: str = "1") -> StartedTurn:
    started = await service.post(content)
    await service.answer(started.replies[0], answer)
    return started


async def test_of_a_history_that_comes_again_only_the_new_message_is_stored(service: Service) -> None:
    first = await answered(service)
    second = await service.continue_with(first, user("One"), assistant("1"), user("Two"))
    assert await service.answer(second.replies[0], "2") == ["One", "1", "Two"]
    third = await service.continue_with(
        first, user("One"), assistant("1"), user("Two"), assistant("2"), PromptMessage(Role.DATA, "D"), user("Three")
    )
    assert await service.answer(third.replies[0], "3") == ["One", "1", "Two", "2", "D", "Three"]
    assert await service.branch(third.replies[0].id) == ["One", "1", "Two", "2", "D", "Three", "3"]


async def test_a_new_message_alone_follows_what_was_said(service: Service) -> None:
    first = await answered(service)
    second = await service.continue_with(first, user("Two"))
    assert await service.answer(second.replies[0], "2") == ["One", "1", "Two"]


async def test_another_history_is_a_branch_of_its_own_and_goes_on_there_without_being_repeated(
    service: Service,
) -> None:
    first = await answered(service)
    history = [PromptMessage(Role.SYSTEM, "Be brief."), user("Else"), assistant("what")]
    for number in range(2, 5):
        posted = user(f"u{number}")
        begun = await service.continue_with(first, *history, posted)
        assert await service.answer(begun.replies[0], f"a{number}") == [each.content for each in (*history, posted)]
        history += [posted, assistant(f"a{number}")]
    assert await service.branch(begun.replies[0].id) == [each.content for each in history]


async def test_who_edits_the_very_first_message_reads_that_conversation_only(service: Service) -> None:
    first = await answered(service)
    edited = await service.continue_with(first, user("One edited"))
    await service.answer(edited.replies[0], "1 edited")
    history = [user("One edited"), assistant("1 edited")]
    second = await service.continue_with(first, *history, user("Two"))
    assert await service.answer(second.replies[0], "2") == ["One edited", "1 edited", "Two"]
    third = await service.continue_with(first, *history, user("Two"), assistant("2"), user("Three"))
    assert await service.answer(third.replies[0], "3") == ["One edited", "1 edited", "Two", "2", "Three"]
    assert third.message.parent_id == second.replies[0].id


async def test_a_client_that_keeps_only_the_last_messages_has_just_those_read(service: Service) -> None:
    first = await answered(service, "u1", "a1")
    history = [user("u1"), assistant("a1")]
    for number in range(2, 5):
        sent = [*history, user(f"u{number}")][-3:]
        begun = await service.continue_with(first, *sent)
        assert await service.answer(begun.replies[0], f"a{number}") == [each.content for each in sent]
        history = [*sent, assistant(f"a{number}")]


async def test_a_history_that_leaves_the_branch_becomes_one_beside_it(service: Service) -> None:
    first = await answered(service)
    second = await service.continue_with(first, user("One"), assistant("1"), user("Two"))
    await service.answer(second.replies[0], "2")
    edited = await service.continue_with(first, user("One"), assistant("1"), user("Too"))
    assert await service.answer(edited.replies[0], "also 2") == ["One", "1", "Too"]
    siblings = await service.chat.history.siblings(service.owner, [edited.message.id])
    assert [each.id for each in siblings[edited.message.id]] == [second.message.id, edited.message.id]


async def test_the_conversations_system_prompt_is_not_repeated(service: Service) -> None:
    conversation = await service.chat.conversations.create(service.owner, system_prompt="Be brief.")
    first = await service.post("One", conversation_id=conversation.id)
    await service.answer(first.replies[0], "1")
    second = await service.continue_with(
        first, PromptMessage(Role.SYSTEM, "Be brief."), user("One"), assistant("1"), user("Two")
    )
    assert await service.answer(second.replies[0], "2") == ["Be brief.", "One", "1", "Two"]
    assert await service.branch(second.message.id) == ["One", "1", "Two"]


async def test_a_long_history_is_compared_to_its_end(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.chat.resent_history.BRANCH_PAGE_MESSAGES", 3)
    history = tuple(user(str(number)) for number in range(20))
    first = await service.post("last", before=history)
    await service.answer(first.replies[0], "answer")
    second = await service.continue_with(first, *history, user("last"), assistant("answer"), user("next"))
    assert second.message.parent_id == first.replies[0].id
    edited = await service.continue_with(first, *history[:11], user("else"), when_busy=WhenBusy.INTERRUPT)
    assert await service.branch(edited.message.id) == [*map(str, range(11)), "else"]
    await service.stop(edited.replies[0].id)


async def test_of_a_long_branch_no_more_is_read_than_it_takes_to_see_that_the_history_is_another(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chat.resent_history.BRANCH_PAGE_MESSAGES", 3)
    history = tuple(user(str(number)) for number in range(20))
    first = await service.post("last", before=history)
    await service.answer(first.replies[0], "answer")
    read, branch = 0, service.chat.history.branch

    async def counted(owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        nonlocal read
        page = await branch(owner, tip, window)
        read += len(page.items)
        return page

    monkeypatch.setattr(service.chat.history, "branch", counted)
    begun = await service.continue_with(first, *history[:4], user("else"), *history[5:], user("next"))
    assert read == 6
    assert begun.message.depth == 20
    await service.stop(begun.replies[0].id)


async def test_where_the_branch_is_deleted_while_it_is_read_the_one_that_is_left_is_gone_on_from(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await answered(service)
    second = await service.continue_with(first, user("One"), assistant("1"), user("Two"))
    await service.answer(second.replies[0], "2")
    before_the_read(monkeypatch, service, completion_id(second))
    third = await service.continue_with(first, user("One"), assistant("1"), user("Three"))
    assert await service.answer(third.replies[0], "3") == ["One", "1", "Three"]
    assert third.message.parent_id == first.replies[0].id


async def test_where_the_named_parent_is_deleted_while_it_is_read_it_does_not_exist(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await answered(service)
    second = await service.continue_with(first, user("One"), assistant("1"), user("Two"))
    await service.answer(second.replies[0], "2")
    before_the_read(monkeypatch, service, completion_id(second))
    with pytest.raises(NotFound, match="parent"):
        await service.continue_with(first, user("One"), user("Three"), parent_id=second.replies[0].id)


async def test_a_branch_that_is_deleted_each_time_it_is_read_is_given_up(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await answered(service)

    async def nothing(owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        return Page([], has_next=False, has_previous=False)

    monkeypatch.setattr(service.chat.history, "branch", nothing)
    with pytest.raises(StorageUnavailable):
        await service.continue_with(first, user("One"), assistant("1"), user("Two"))


async def test_where_the_branch_is_deleted_before_the_commit_the_one_that_is_left_is_gone_on_from(
    service: Service, sql: Connection
) -> None:
    first = await answered(service)
    second = await service.continue_with(first, user("One"), assistant("1"), user("Two"))
    await service.answer(second.replies[0], "2")
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
        deleting = asyncio.create_task(service.chat.completions.delete(service.owner, completion_id(second)))
        await waiting_for_lock(sql, "FROM turns t JOIN conversations c", 1)
        history = (user("One"), assistant("1"), user("Two"), assistant("2"))
        posting = asyncio.create_task(service.continue_with(first, *history, user("Three")))
        await waiting_for_lock(sql, "FROM conversations WHERE id", 1)
    await deleting
    third = await posting
    assert await service.answer(third.replies[0], "3") == ["One", "1", "Two", "2", "Three"]
    messages = "SELECT count(*) FROM messages WHERE conversation_id = $1"
    assert await sql.fetchval(messages, first.conversation.id) == 6


def before_the_read(monkeypatch: pytest.MonkeyPatch, service: Service, doomed: TurnId) -> None:
    """Has the completion deleted between the next read of its conversation and that of its branch."""
    branch = service.chat.history.branch

    async def deleted_first(owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        monkeypatch.setattr(service.chat.history, "branch", branch)
        await service.chat.completions.delete(owner, doomed)
        return await branch(owner, tip, window)

    monkeypatch.setattr(service.chat.history, "branch", deleted_first)


def completion_id(started: StartedTurn) -> TurnId:
    assert started.message.turn_id
    return started.message.turn_id


async def test_what_a_reply_in_flight_has_said_counts_as_said(service: Service) -> None:
    first = await service.post("One")
    (await service.backend.called()).say("half")
    await service.says(first.replies[0].id, "half")
    second = await service.continue_with(
        first, user("One"), assistant("half"), user("Two"), when_busy=WhenBusy.INTERRUPT
    )
    assert second.message.parent_id == first.replies[0].id
    assert await service.answer(second.replies[0], "2") == ["One", "half", "Two"]


async def test_of_two_that_continue_at_once_one_is_refused_and_no_history_is_doubled(
    new_service: NewService, sql: Connection
) -> None:
    here, there = await new_service(), await new_service()
    first = await answered(here)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
        calls = [
            asyncio.create_task(each.continue_with(first, user("One"), assistant("1"), user("?"), user("Two")))
            for each in (here, there)
        ]
        await waiting_for_lock(sql, "FROM conversations WHERE id", 2)
    results = await asyncio.gather(*calls, return_exceptions=True)
    [begun] = [each for each in results if isinstance(each, StartedTurn)]
    assert [type(each) for each in results if each is not begun] == [ConversationBusy]
    assert await here.branch(begun.message.id) == ["One", "1", "?", "Two"]
    assert await sql.fetchval("SELECT count(*) FROM messages WHERE conversation_id = $1", first.conversation.id) == 5
    await here.stop(begun.replies[0].id)


async def test_of_two_that_continue_at_once_and_may_wait_the_later_one_is_a_branch_beside(
    new_service: NewService, sql: Connection
) -> None:
    here, there = await new_service(), await new_service()
    first = await answered(here)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
        calls = [
            asyncio.create_task(
                each.continue_with(
                    first, user("One"), assistant("1"), user("?"), user("Two"), when_busy=WhenBusy.ENQUEUE
                )
            )
            for each in (here, there)
        ]
        await waiting_for_lock(sql, "FROM conversations WHERE id", 2)
    for begun in await asyncio.gather(*calls):
        assert await here.branch(begun.message.id) == ["One", "1", "?", "Two"]
        await here.stop(begun.replies[0].id)


async def test_two_histories_at_once_for_a_conversation_that_is_empty_do_not_follow_each_other(
    service: Service, sql: Connection
) -> None:
    empty = await service.chat.conversations.create(service.owner)
    started = StartedTurn(empty, await service.message((await service.post("elsewhere", replies=0)).message.id), ())
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", empty.id)
        calls = [
            asyncio.create_task(
                service.continue_with(started, user("One"), assistant("1"), user("Two"), when_busy=WhenBusy.ENQUEUE)
            )
            for _ in range(2)
        ]
        await waiting_for_lock(sql, "FROM conversations WHERE id", 2)
    for begun in await asyncio.gather(*calls):
        assert await service.branch(begun.message.id) == ["One", "1", "Two"]
        await service.stop(begun.replies[0].id)


async def test_the_same_history_with_the_same_key_has_its_first_answer(service: Service) -> None:
    key = f"key-{new_uuid()}"
    first = await answered(service)
    again = (user("Else"), assistant("what"), user("Two"))
    second = await service.continue_with(first, *again, idempotency_key=key)
    while_it_streams = await service.continue_with(first, *again, idempotency_key=key)
    await service.answer(second.replies[0], "2")
    afterwards = await service.continue_with(first, *again, idempotency_key=key)
    for repeated in (while_it_streams, afterwards):
        assert repeated.repeated
        assert repeated.message == second.message
        assert [each.id for each in repeated.replies] == [second.replies[0].id]
    with pytest.raises(IdempotencyConflict):
        await service.continue_with(first, *again[1:], idempotency_key=key)
    assert service.backend.calls == 2


async def test_a_history_may_go_on_from_any_message(service: Service) -> None:
    first = await answered(service)
    second = await service.continue_with(first, user("One"), assistant("1"), user("Two"))
    await service.answer(second.replies[0], "2")
    other = await service.continue_with(first, user("x"), user("Three"), parent_id=first.replies[0].id)
    assert await service.answer(other.replies[0], "3") == ["One", "1", "x", "Three"]
    with pytest.raises(NotFound, match="parent"):
        await service.continue_with(first, user("x"), user("Three"), parent_id=new_message_id())


async def test_a_history_is_checked_before_anything_is_stored(service: Service) -> None:
    first = await answered(service)
    with pytest.raises(BadInput, match=r"^messages\[1\]\.content: a NUL"):
        await service.continue_with(first, user("One"), assistant("\0"), user("Two"))
    with pytest.raises(BadInput, match=r"^messages\[2\]\.content: must not be empty"):
        await service.continue_with(first, user("One"), assistant("1"), user(""))


async def test_the_limits_on_a_history_are_on_what_of_it_is_not_stored_yet(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chat.validation.MAX_MESSAGES_BEFORE", 3)
    monkeypatch.setattr("app.chat.validation.MAX_BYTES_BEFORE", 10)
    first = await answered(service)
    history: tuple[PromptMessage, ...] = (user("One"), assistant("1"))
    for number in range(2, 5):
        begun = await service.continue_with(first, *history, user("x" * 8), user(f"u{number}"))
        await service.answer(begun.replies[0], f"a{number}")
        history = (*history, user("x" * 8), user(f"u{number}"), assistant(f"a{number}"))
    with pytest.raises(BadInput, match=r"^messages: takes at most 4 new messages, not 5"):
        await service.continue_with(first, *history, *(user("x"),) * 4, user("y"))
    with pytest.raises(BadInput, match=r"^messages: have more than 10 new bytes"):
        await service.continue_with(first, *history, user("x" * 11), user("y"))


async def test_anothers_conversation_cannot_be_continued(service: Service) -> None:
    first = await answered(service)
    stranger = replace(service, owner="stranger")
    with pytest.raises(NotFound, match="conversation"):
        await stranger.continue_with(first, user("One"), assistant("1"), user("Two"))
