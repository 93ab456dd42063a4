"""A message that was posted can be put in other words, beside the first ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.chat.changes import Edit, StartedTurn
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput, ConversationBusy, IdempotencyConflict, ModelNotFound, NotFound, ShuttingDown
from app.chat.identifiers import MessageId, new_message_id, new_uuid
from app.chat.parameters import CompletionParameters
from app.chat.records import Role
from app.chat.status import MessageStatus
from app.chat.text import MAX_CONTENT_BYTES
from tests.chat.conftest import NewService, Service


async def edit(service: Service, id: MessageId, content: str, **given: Any) -> StartedTurn:
    return await service.chat.turns.edit(service.owner, Edit(id, content, **given))


async def siblings(service: Service, id: MessageId) -> list[str]:
    found = await service.chat.history.siblings(service.owner, [id])
    return [each.text.content for each in found[id]]


async def exchange(service: Service) -> tuple[StartedTurn, StartedTurn]:
    """Two messages, each with its answer."""
    first = await service.post("One")
    await service.answer(first.replies[0], "1")
    second = await service.post("Two", conversation_id=first.conversation.id)
    await service.answer(second.replies[0], "2")
    return first, second


async def test_an_edit_is_a_sibling_whose_reply_reads_the_branch_above_it(service: Service) -> None:
    first, second = await exchange(service)
    edited = await edit(service, second.message.id, "Zwei", parameters=CompletionParameters(temperature=0.5))
    assert await service.answer(edited.replies[0], "zwei") == ["One", "1", "Zwei"]
    assert edited.message.parent_id == first.replies[0].id
    assert edited.replies[0].parameters.temperature == 0.5
    assert edited.conversation.tip_id == edited.replies[0].id
    assert await siblings(service, edited.message.id) == ["Two", "Zwei"]
    assert await service.branch(edited.replies[0].id) == ["One", "1", "Zwei", "zwei"]
    assert await service.branch(second.replies[0].id) == ["One", "1", "Two", "2"]


async def test_an_edit_of_the_first_message_is_another_root(service: Service) -> None:
    first, _ = await exchange(service)
    edited = await edit(service, first.message.id, "Eins")
    assert await service.answer(edited.replies[0], "eins") == ["Eins"]
    assert (edited.message.parent_id, edited.message.depth) == (None, 0)
    assert await siblings(service, first.message.id) == ["One", "Eins"]
    assert edited.conversation.id == first.conversation.id


@pytest.mark.parametrize("role", [Role.USER, Role.SYSTEM, Role.DATA])
async def test_an_edit_has_the_role_of_the_message_and_none_of_its_metadata(service: Service, role: Role) -> None:
    posted = await service.post("One", role=role, replies=0, metadata={"a": 1})
    edited = await edit(service, posted.message.id, "Eins", replies=0)
    assert (edited.message.role, edited.message.metadata, edited.replies) == (role, {}, ())
    assert edited.conversation.tip_id == edited.message.id


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.TOOL])
async def test_what_a_model_or_a_tool_said_cannot_be_edited(service: Service, role: Role) -> None:
    posted = await service.post("One", role=role, replies=0)
    with pytest.raises(BadInput, match=f"^message_id: .*{role}.*USER, SYSTEM, DATA"):
        await edit(service, posted.message.id, "Eins")
    assert await siblings(service, posted.message.id) == ["One"]


BAD: list[tuple[str, dict[str, Any]]] = [
    ("content", {"content": ""}),
    ("content", {"content": "a\0"}),
    ("content", {"content": "x" * (MAX_CONTENT_BYTES + 1)}),
    ("n", {"replies": 9}),
    ("idempotency_key", {"idempotency_key": ""}),
    ("model", {"model": "m\0"}),
    ("parameters.temperature", {"parameters": CompletionParameters(temperature=3)}),
]


@pytest.mark.parametrize(("field", "given"), BAD, ids=lambda each: each if isinstance(each, str) else "")
async def test_an_edit_beyond_its_limits_is_refused_by_the_name_of_the_field(
    service: Service, field: str, given: dict[str, Any]
) -> None:
    posted = await service.post("One", replies=0)
    with pytest.raises(BadInput) as refused:
        await edit(service, posted.message.id, **{"content": "Eins", **given})
    assert refused.value.field == field


async def test_a_message_that_is_anothers_or_does_not_exist_cannot_be_edited(
    service: Service, new_service: NewService
) -> None:
    posted = await service.post("One", replies=0)
    with pytest.raises(NotFound, match="message"):
        await edit(service, new_message_id(), "Eins")
    with pytest.raises(NotFound, match="message"):
        await service.chat.turns.edit("stranger", Edit(posted.message.id, "Eins"))
    with pytest.raises(ModelNotFound):
        await edit(service, posted.message.id, "Eins", model="unheard of")
    service.chat.turns.close()
    with pytest.raises(ShuttingDown):
        await edit(service, posted.message.id, "Eins")
    assert await siblings(service, posted.message.id) == ["One"]


async def test_while_a_reply_is_in_flight_an_edit_that_wants_one_is_refused(service: Service) -> None:
    posted = await service.post("One")
    with pytest.raises(ConversationBusy) as refused:
        await edit(service, posted.message.id, "Eins")
    assert refused.value.active == posted.replies[0].id
    await edit(service, posted.message.id, "Uno", replies=0)
    assert await siblings(service, posted.message.id) == ["One", "Uno"]
    assert (await service.stop(posted.replies[0].id)).status is MessageStatus.STOPPED


async def test_of_edits_at_once_one_is_answered_and_the_others_are_refused(new_service: NewService) -> None:
    here, there = await new_service(), await new_service()
    posted = await here.post("One", replies=0)
    edits = [edit(each, posted.message.id, "Eins") for _ in range(3) for each in (here, there)]
    outcomes = await asyncio.gather(*edits, return_exceptions=True)
    (begun,) = [each for each in outcomes if isinstance(each, StartedTurn)]
    assert {type(each) for each in outcomes if each is not begun} == {ConversationBusy}
    assert await siblings(here, posted.message.id) == ["One", "Eins"]
    await here.stop(begun.replies[0].id)


async def test_the_same_edit_again_has_its_first_answer_and_another_is_a_conflict(service: Service) -> None:
    key = f"key-{new_uuid()}"
    posted = await service.post("One", replies=0)
    first = await edit(service, posted.message.id, "Eins", idempotency_key=key)
    again = await edit(service, posted.message.id, "Eins", idempotency_key=key)
    assert (again.repeated, again.message.id) == (True, first.message.id)
    assert [each.id for each in again.replies] == [each.id for each in first.replies]
    for message, content in ((posted.message.id, "Uno"), (first.message.id, "Eins")):
        with pytest.raises(IdempotencyConflict):
            await edit(service, message, content, idempotency_key=key)
    with pytest.raises(IdempotencyConflict):
        await service.post("Eins", conversation_id=posted.conversation.id, idempotency_key=key)
    assert service.backend.calls == 1
    await service.stop(first.replies[0].id)


async def test_after_an_edit_the_conversation_goes_on_below_it(service: Service) -> None:
    first, _ = await exchange(service)
    edited = await edit(service, first.message.id, "Eins")
    await service.answer(edited.replies[0], "eins")
    after = await service.continue_with(
        edited,
        PromptMessage(Role.USER, "Eins"),
        PromptMessage(Role.ASSISTANT, "eins"),
        PromptMessage(Role.USER, "Zwei"),
    )
    assert await service.answer(after.replies[0], "zwei") == ["Eins", "eins", "Zwei"]
