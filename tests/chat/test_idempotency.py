"""The same post again has its first answer; the same key with another payload is refused."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest

from app.chat.changes import Edit, Post, Regeneration, StartedTurn
from app.chat.completion import PromptMessage, ServedModel
from app.chat.errors import IdempotencyConflict, ModelNotFound
from app.chat.idempotency import Asked, digest
from app.chat.identifiers import new_message_id, new_uuid
from app.chat.parameters import CompletionParameters
from app.chat.records import Role
from app.chat.status import MessageStatus
from tests.chat.conftest import NewService, Service


@pytest.fixture
def key() -> str:
    return f"key-{new_uuid()}"


def ids(started: StartedTurn) -> tuple[object, ...]:
    return (started.conversation.id, started.message.id, *(each.id for each in started.replies))


async def test_a_post_repeated_while_its_reply_streams_has_the_same_answer(service: Service, key: str) -> None:
    first = await service.post(idempotency_key=key)
    again = await service.post(idempotency_key=key)
    assert (first.repeated, again.repeated) == (False, True)
    assert ids(again) == ids(first)
    assert again.replies[0].status is MessageStatus.STREAMING
    assert service.backend.calls == 1
    assert await service.chat.conversations.count(service.owner) == 1
    await service.stop(first.replies[0].id)


async def test_a_post_repeated_after_its_reply_has_the_reply(service: Service, key: str) -> None:
    first = await service.post(idempotency_key=key, replies=2)
    for _ in range(2):
        call = await service.backend.called()
        call.say("answer")
        call.finish()
    for reply in first.replies:
        await service.ended(reply.id)
    again = await service.post(idempotency_key=key, replies=2)
    assert ids(again) == ids(first)
    assert [each.text.content for each in again.replies] == ["answer", "answer"]
    assert service.backend.calls == 2


async def test_a_post_without_a_reply_is_repeatable_too(service: Service, key: str) -> None:
    first = await service.post(idempotency_key=key, replies=0)
    again = await service.post(idempotency_key=key, replies=0)
    assert again.repeated
    assert ids(again) == ids(first)


async def test_a_repetition_in_an_existing_conversation_is_not_refused_as_busy(service: Service, key: str) -> None:
    conversation = await service.chat.conversations.create(service.owner)
    first = await service.post(conversation_id=conversation.id, idempotency_key=key)
    again = await service.post(conversation_id=conversation.id, idempotency_key=key)
    assert ids(again) == ids(first)
    await service.stop(first.replies[0].id)


async def test_another_payload_with_the_same_key_is_a_conflict(service: Service, key: str) -> None:
    first = await service.post("Hello", idempotency_key=key)
    others: list[dict[str, Any]] = [{"content": "hello"}, {"replies": 2}, {"metadata": {"a": 1}}]
    for other in others:
        with pytest.raises(IdempotencyConflict):
            await service.post(**{"content": "Hello", "idempotency_key": key, **other})
    assert await service.chat.conversations.count(service.owner) == 1
    await service.stop(first.replies[0].id)


async def test_another_caller_may_use_the_same_key(service: Service, key: str) -> None:
    first = await service.post(idempotency_key=key, replies=0)
    other = await replace(service, owner=f"{service.owner}-2").post(idempotency_key=key, replies=0)
    assert not other.repeated
    assert other.message.id != first.message.id


@pytest.mark.parametrize("existing", [True, False], ids=["in a conversation", "beginning one"])
async def test_the_same_post_many_times_at_once_is_one(new_service: NewService, key: str, existing: bool) -> None:
    here, there = await new_service(), await new_service()
    where = (await here.chat.conversations.create(here.owner)).id if existing else None
    posts = [service.post(conversation_id=where, idempotency_key=key) for _ in range(4) for service in (here, there)]
    answers = await asyncio.gather(*posts)
    assert len({ids(each) for each in answers}) == 1
    assert [each.repeated for each in answers].count(False) == 1
    assert await here.chat.conversations.count(here.owner) == 1
    await here.stop(answers[0].replies[0].id)
    assert here.backend.calls + there.backend.calls == 1


@pytest.mark.parametrize("continuing", [False, True], ids=["posted", "continued"])
async def test_a_repetition_has_its_answer_also_when_the_model_is_gone_or_not_for_the_caller(
    service: Service, key: str, monkeypatch: pytest.MonkeyPatch, continuing: bool
) -> None:
    conversation = await service.chat.conversations.create(service.owner)
    before = (PromptMessage(Role.USER, "So"),)

    async def post(content: str = "Hello", **given: Any) -> StartedTurn:
        turns = service.chat.turns
        call = turns.continue_with if continuing else turns.post
        return await call(service.owner, Post(content, conversation.id, before=before, **given))

    first = await post(idempotency_key=key)
    await service.answer(first.replies[0], "answer")

    async def refuse(*_: object) -> ServedModel:
        raise ModelNotFound("gone")

    for who in (service.catalog, ServedModel):
        with monkeypatch.context() as patched:
            patched.setattr(who, "resolve" if who is service.catalog else "admit", refuse)
            again = await post(idempotency_key=key)
            assert again.repeated
            assert ids(again) == ids(first)
            assert again.replies[0].text.content == "answer"
            with pytest.raises(IdempotencyConflict):
                await post("Hello?", idempotency_key=key)
            for other in ({}, {"idempotency_key": f"{key}-2"}):
                with pytest.raises(ModelNotFound):
                    await post(**other)


async def test_the_key_of_a_deleted_conversation_is_free_again(service: Service, key: str) -> None:
    first = await service.post(idempotency_key=key, replies=0)
    await service.chat.conversations.delete(service.owner, first.conversation.id)
    again = await service.post(idempotency_key=key, replies=0)
    assert not again.repeated
    assert again.message.id != first.message.id


EDIT = Edit(new_message_id(), "Hello", "m", CompletionParameters(seed=1), replies=0, idempotency_key="k")
EDITS: dict[str, Any] = {
    "message_id": new_message_id(),
    "content": "hello",
    "model": None,
    "parameters": CompletionParameters(seed=2),
    "replies": 1,
    "idempotency_key": "K",
}
REGENERATION = Regeneration(EDIT.message_id, "m", CompletionParameters(seed=1), replies=2, idempotency_key="k")


def test_an_edit_and_a_regeneration_that_differ_in_any_field_have_another_digest() -> None:
    assert digest(replace(EDIT)) == digest(EDIT)
    assert digest(replace(REGENERATION)) == digest(REGENERATION)
    for name in (each.name for each in fields(Edit)):
        assert digest(replace(EDIT, **{name: EDITS[name]})) != digest(EDIT), name
    for name in (each.name for each in fields(Regeneration)):
        assert digest(replace(REGENERATION, **{name: EDITS[name]})) != digest(REGENERATION), name


def test_a_post_an_edit_and_a_regeneration_are_never_the_same() -> None:
    id = new_message_id()
    asked: list[Asked] = [
        Post("x", idempotency_key="k"),
        Edit(id, "x", idempotency_key="k"),
        Regeneration(id, idempotency_key="k"),
    ]
    assert len({digest(each) for each in [*asked, Edit(id, "", idempotency_key="k")]}) == 4
