"""A reply's life on a real database: rows first, text as it comes, and exactly one end, whatever the backend does."""

from __future__ import annotations

import asyncio
import logging

import asyncpg
import pytest

from app.chat import generation
from app.chat.changes import WhenBusy
from app.chat.completion import CompletionRequest, PromptMessage
from app.chat.errors import BackendFailed, ModelNotFound
from app.chat.events import Delta, End
from app.chat.parameters import CompletionParameters
from app.chat.records import CompletionError, FinishReason, Role, Usage, UsageSource
from app.chat.status import MessageStatus
from app.log.connection import Connection
from tests.chat.conftest import Service, open_streams
from tests.chat.scripted_backend import DEADLINE_SECONDS


async def test_the_backend_is_not_asked_before_the_rows_are_committed(service: Service, shared_url: str) -> None:
    seen: list[asyncpg.Record] = []

    async def look(_: CompletionRequest) -> None:
        connection = await asyncpg.connect(shared_url)
        seen.extend(
            await connection.fetch(
                "SELECT m.role, m.status, m.content, m.writer_id, t.state, c.tip_id, m.id FROM messages m"
                " JOIN turns t ON t.id = m.turn_id JOIN conversations c ON c.id = m.conversation_id"
                " WHERE c.owner = $1 ORDER BY m.depth",
                service.owner,
            )
        )
        await connection.close()

    service.backend.on_call = look
    started = await service.post("Are you there?")
    (await service.backend.called()).finish()
    posted, reply = seen
    assert (posted["role"], posted["status"], posted["content"]) == ("USER", "COMPLETE", "Are you there?")
    assert (reply["role"], reply["status"], reply["content"]) == ("ASSISTANT", "STREAMING", "")
    assert reply["writer_id"] == service.log.writer
    assert reply["state"] == "RUNNING"
    assert reply["tip_id"] == reply["id"] == started.replies[0].id
    await service.ended(started.replies[0].id)


async def test_whoever_posts_is_answered_before_the_backend_is_asked(service: Service) -> None:
    """Which takes longer than all that is left of the answer."""
    started = await service.post(replies=2)
    assert service.backend.calls == 0
    for _ in started.replies:
        (await service.backend.called()).finish()
    for reply in started.replies:
        await service.ended(reply.id)
    assert service.backend.calls == 2


async def test_a_reply_is_told_as_it_comes_and_found_again_whole(service: Service) -> None:
    started = await service.post()
    reply = started.replies[0]
    call = await service.backend.called()
    events = await service.chat.history.watch(service.owner, reply.id)
    call.say("Hello")
    assert await asyncio.wait_for(anext(events), DEADLINE_SECONDS) == Delta(1, "Hello")
    so_far = await service.message(reply.id)
    assert (so_far.status, so_far.text.content, so_far.text.seq) == (MessageStatus.STREAMING, "Hello", 1)
    call.say(" world", "greeting")
    assert await asyncio.wait_for(anext(events), DEADLINE_SECONDS) == Delta(2, " world", "greeting")
    call.finish(FinishReason.LENGTH, Usage(5, 6, UsageSource.PROVIDER))
    assert await asyncio.wait_for(anext(events), DEADLINE_SECONDS) == End(2, reply.id)
    ended = await service.message(reply.id)
    assert (ended.status, ended.text.content, ended.text.reasoning) == (
        MessageStatus.COMPLETE,
        "Hello world",
        "greeting",
    )
    assert ended.finish_reason is FinishReason.LENGTH
    assert ended.usage == Usage(5, 6, UsageSource.PROVIDER)
    assert ended.completed_at is not None
    assert ended.error is None


async def test_the_backend_gets_the_branch_the_parameters_and_its_own_name_of_the_model(service: Service) -> None:
    conversation = await service.chat.conversations.create(service.owner, system_prompt="Be brief.")
    first = await service.post("One", conversation_id=conversation.id)
    call = await service.backend.called()
    call.say("Two")
    call.finish()
    await service.ended(first.replies[0].id)
    parameters = CompletionParameters(temperature=0.5, stop=("x",), seed=0)
    second = await service.post("Three", conversation_id=conversation.id, parameters=parameters)
    request = (await service.backend.called()).request
    assert request == CompletionRequest(
        "upstream-name",
        (
            PromptMessage(Role.SYSTEM, "Be brief."),
            PromptMessage(Role.USER, "One"),
            PromptMessage(Role.ASSISTANT, "Two"),
            PromptMessage(Role.USER, "Three"),
        ),
        parameters,
        user=None,  # who asks is nobody's business upstream
        owner=service.owner,  # for backends that draw on what is stored here
    )
    await service.stop(second.replies[0].id)


async def test_without_the_providers_usage_there_is_an_estimate(service: Service) -> None:
    reply = (await service.post("12345678")).replies[0]
    call = await service.backend.called()
    call.say("1234")
    call.finish()
    assert (await service.ended(reply.id)).usage == Usage(2 + 4, 1, UsageSource.ESTIMATED)


async def test_a_backend_that_fails_at_once_says_why_in_the_reply(service: Service) -> None:
    reply = (await service.post()).replies[0]
    (await service.backend.called()).fail(BackendFailed("rate_limit_exceeded", "too many", retryable=True))
    ended = await service.ended(reply.id)
    assert (ended.status, ended.text.content) == (MessageStatus.FAILED, "")
    assert ended.error == CompletionError("rate_limit_exceeded", "too many", True)


async def test_a_backend_that_fails_after_text_leaves_the_text(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("half")
    call.fail(BackendFailed("context_length_exceeded", "too long", retryable=False))
    ended = await service.ended(reply.id)
    assert (ended.status, ended.text.content) == (MessageStatus.FAILED, "half")
    assert ended.error == CompletionError("context_length_exceeded", "too long", False)


async def test_an_unexpected_error_is_logged_and_not_told(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("half")
    call.fail(RuntimeError("the password is hunter2"))
    ended = await service.ended(reply.id)
    assert (ended.status, ended.text.content) == (MessageStatus.FAILED, "half")
    assert ended.error is not None
    assert ended.error.code == "INTERNAL"
    assert "hunter2" not in ended.error.message
    assert "hunter2" in caplog.text


async def test_an_error_of_the_domain_keeps_its_code(service: Service) -> None:
    reply = (await service.post()).replies[0]
    (await service.backend.called()).fail(ModelNotFound("gone"))
    ended = await service.ended(reply.id)
    assert ended.error == CompletionError("MODEL_NOT_FOUND", "model: 'gone' is not served here", False)


async def test_a_stream_that_breaks_off_has_failed_and_keeps_its_text(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("half")
    call.break_off()
    ended = await service.ended(reply.id)
    assert (ended.status, ended.text.content) == (MessageStatus.FAILED, "half")
    assert ended.error is not None
    assert (ended.error.code, ended.error.retryable) == ("UPSTREAM_INCOMPLETE", True)


async def test_a_reply_without_any_text_is_complete_all_the_same(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("")
    call.finish(FinishReason.CONTENT_FILTER)
    assert await service.events(reply.id) == [End(0, reply.id)]
    ended = await service.message(reply.id)
    assert (ended.status, ended.finish_reason) == (MessageStatus.COMPLETE, FinishReason.CONTENT_FILTER)


async def test_what_postgresql_cannot_hold_is_replaced_and_the_rest_is_kept(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("a\0b", "\ud800")
    call.say("\u2028😀")
    call.finish()
    ended = await service.ended(reply.id)
    assert (ended.status, ended.text.content, ended.text.reasoning) == (
        MessageStatus.COMPLETE,
        "a\ufffdb\u2028😀",
        "\ufffd",
    )


async def test_a_reply_that_never_ends_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "MAX_REPLY_CHARACTERS", 10)
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("twelve chars")
    ended = await service.ended(reply.id)
    assert (ended.status, ended.text.content, ended.finish_reason) == (
        MessageStatus.COMPLETE,
        "twelve cha",
        FinishReason.LENGTH,
    )
    assert call.closed.is_set()


async def test_several_replies_are_siblings_that_stream_side_by_side(service: Service) -> None:
    started = await service.post(replies=3)
    calls = [await service.backend.called() for _ in range(3)]
    assert len({call.request for call in calls}) == 1  # the same prompt for each
    assert {each.parent_id for each in started.replies} == {started.message.id}
    assert started.conversation.tip_id == started.replies[0].id
    for number, call in enumerate(calls):
        call.say(f"answer {number}")
        if number:
            call.finish()
    calls[0].fail(BackendFailed("overloaded", "later", retryable=True))
    ended = [await service.ended(each.id) for each in started.replies]
    assert sorted(each.text.content for each in ended) == ["answer 0", "answer 1", "answer 2"]
    assert sorted(each.status for each in ended) == ["COMPLETE", "COMPLETE", "FAILED"]
    siblings = await service.chat.history.siblings(service.owner, [started.replies[1].id])
    assert [each.id for each in siblings[started.replies[1].id]] == [each.id for each in started.replies]


async def test_the_turn_runs_until_its_last_reply_has_ended(service: Service, sql: Connection) -> None:
    started = await service.post(replies=2)
    one, other = [await service.backend.called() for _ in range(2)]
    turn = started.message.turn_id
    one.finish()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while await sql.fetchval("SELECT count(*) FROM messages WHERE turn_id = $1 AND status = 'STREAMING'", turn) > 1:
            await asyncio.sleep(0.01)
    assert await sql.fetchval("SELECT state FROM turns WHERE id = $1", turn) == "RUNNING"
    other.finish()
    for reply in started.replies:
        await service.ended(reply.id)
    assert await sql.fetchval("SELECT state FROM turns WHERE id = $1", turn) == "ENDED"


async def test_a_message_can_be_stored_without_a_reply(service: Service) -> None:
    started = await service.post("just a note", replies=0)
    assert started.replies == ()
    assert started.conversation.tip_id == started.message.id
    assert (await service.message(started.message.id)).text.content == "just a note"
    assert await service.events(started.message.id) == [End(0, started.message.id)]
    assert service.backend.calls == 0


async def test_what_has_ended_is_forgotten_by_the_process(service: Service) -> None:
    for end in ("finish", "break_off"):
        reply = (await service.post()).replies[0]
        assert list(service.runner.in_hand) == [reply.id]
        getattr(await service.backend.called(), end)()
        await service.ended(reply.id)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while service.runner.in_hand:
            await asyncio.sleep(0.01)
    assert open_streams(service.log) == []


async def test_every_end_is_in_the_log_of_the_server(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "parley.chat")
    reply = (await service.post()).replies[0]
    (await service.backend.called()).finish()
    await service.ended(reply.id)
    await service.runner.drain(1)
    [record] = [each for each in caplog.records if each.message == "reply ended"]
    assert vars(record)["status"] == "COMPLETE"
    assert vars(record)["reply"] == str(reply.id)


async def test_replies_side_by_side_are_made_with_seeds_of_their_own_and_say_so(service: Service) -> None:
    started = await service.post(replies=3, parameters=CompletionParameters(seed=7))
    assert [each.parameters.seed for each in started.replies] == [7, 8, 9]
    assert [(await service.message(each.id)).parameters.seed for each in started.replies] == [7, 8, 9]
    calls = [await service.backend.called() for _ in started.replies]
    assert sorted(call.request.parameters.seed or 0 for call in calls) == [7, 8, 9]
    for call in calls:
        call.finish()
    for reply in started.replies:
        await service.ended(reply.id)


async def test_a_prompt_that_is_read_in_pages_is_whole_and_in_order(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chat.runner.PROMPT_PAGE_MESSAGES", 3)
    for count in (2, 3, 4):
        before = [str(number) for number in range(count)]
        assert await read_after_waiting(service, before) == [*before, "first", "answer", "last"]


async def test_of_very_many_messages_the_last_ones_are_the_prompt(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chat.runner.PROMPT_PAGE_MESSAGES", 3)
    monkeypatch.setattr("app.chat.runner.MAX_PROMPT_MESSAGES", 5)
    before = [str(number) for number in range(7)]
    assert await read_after_waiting(service, before) == ["5", "6", "first", "answer", "last"]
    told = await service.post("last", before=tuple(PromptMessage(Role.USER, each) for each in before))
    assert await service.answer(told.replies[0], "answer") == ["3", "4", "5", "6", "last"]


async def read_after_waiting(service: Service, before: list[str]) -> list[str]:
    """What the model is asked in a turn that waited for the one before it: its prompt is read when it is its turn."""
    first = await service.post("first", before=tuple(PromptMessage(Role.USER, each) for each in before))
    waits = await service.post("last", conversation_id=first.conversation.id, when_busy=WhenBusy.ENQUEUE)
    assert await service.answer(first.replies[0], "answer")
    return await service.answer(waits.replies[0], "answer")
