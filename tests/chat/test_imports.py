"""A conversation that begins with messages which were said elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.chat.completion import PromptMessage
from app.chat.errors import BadInput, ModelNotFound
from app.chat.paging import CompletionQuery, Window
from app.chat.records import Conversation, Message, Role
from app.chat.status import MessageStatus
from app.chat.text import MAX_CONTENT_BYTES
from app.chat.validation import MAX_IMPORTED_BYTES, MAX_IMPORTED_MESSAGES
from tests.chat.conftest import Service
from tests.chat.scripted_backend import MODEL

ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SAID = [
    PromptMessage(Role.SYSTEM, "Be brief."),
    PromptMessage(Role.USER, "One"),
    PromptMessage(Role.ASSISTANT, ""),
    PromptMessage(Role.TOOL, "é\u2028"),
    PromptMessage(Role.ASSISTANT, "1"),
]
LONG = PromptMessage(Role.DATA, "é" * (MAX_CONTENT_BYTES // 2))


async def imported(service: Service, messages: list[PromptMessage], **given: Any) -> Conversation:
    return await service.chat.conversations.create(service.owner, messages=messages, **given)


async def branch(service: Service, conversation: Conversation) -> list[Message]:
    assert conversation.tip_id
    return list((await service.chat.history.branch(service.owner, conversation.tip_id, Window(3_000))).items)


async def test_they_are_the_selected_branch_in_their_order(service: Service) -> None:
    created = await imported(service, SAID, title="T", system_prompt="S", model=MODEL, metadata={"a": "\u0085"})
    assert (created.title, created.system_prompt, created.model) == ("T", "S", MODEL)
    assert created.metadata == {"a": "\u0085"}
    messages = await branch(service, created)
    assert [PromptMessage(each.role, each.text.content) for each in messages] == SAID
    assert [each.depth for each in messages] == [0, 1, 2, 3, 4]
    assert {each.status for each in messages} == {MessageStatus.COMPLETE}
    assert (await service.chat.conversations.get(service.owner, [created.id])) == {created.id: created}


async def test_the_conversation_goes_on_below_them(service: Service) -> None:
    created = await imported(service, SAID)
    after = await service.post("Two", conversation_id=created.id)
    assert await service.answer(after.replies[0], "2") == ["Be brief.", "One", "é\u2028", "1", "Two"]


async def test_they_are_nobodys_completion_and_another_does_not_see_them(service: Service) -> None:
    created = await imported(service, SAID)
    assert (await service.chat.completions.page(service.owner, CompletionQuery())).items == ()
    assert await service.chat.conversations.get("stranger", [created.id]) == {}


async def test_the_title_is_made_of_them_unless_one_is_given(service: Service) -> None:
    assert (await imported(service, SAID)).title == "One"
    assert (await imported(service, SAID, title="Given")).title == "Given"
    assert (await imported(service, SAID[:1])).title is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.builds(PromptMessage, st.sampled_from(Role), ANY_TEXT), min_size=1, max_size=5))
async def test_any_roles_and_texts_come_back_unchanged(service: Service, messages: list[PromptMessage]) -> None:
    created = await imported(service, messages)
    found = await branch(service, created)
    assert [PromptMessage(each.role, each.text.content) for each in found] == messages


async def test_as_many_and_as_long_ones_as_are_allowed_are_taken(service: Service) -> None:
    many = await imported(service, [PromptMessage(Role.USER, str(n)) for n in range(MAX_IMPORTED_MESSAGES)])
    assert [each.text.content for each in await branch(service, many)] == list(map(str, range(MAX_IMPORTED_MESSAGES)))
    long = await imported(service, [LONG] * (MAX_IMPORTED_BYTES // MAX_CONTENT_BYTES))
    assert len(await branch(service, long)) == 4


BAD: list[tuple[str, str, list[PromptMessage]]] = [
    ("messages", "2,000 messages, not 2,001", [SAID[1]] * (MAX_IMPORTED_MESSAGES + 1)),
    ("messages", "16,777,216 bytes", [*[LONG] * (MAX_IMPORTED_BYTES // MAX_CONTENT_BYTES), SAID[1]]),
    ("messages[1].content", "NUL", [SAID[1], PromptMessage(Role.USER, "a\0")]),
    ("messages[0].content", "surrogate", [PromptMessage(Role.USER, "\ud800")]),
    ("messages[0].content", "4,194,304 bytes", [PromptMessage(Role.USER, "x" * (MAX_CONTENT_BYTES + 1))]),
]


@pytest.mark.parametrize(("field", "problem", "messages"), BAD, ids=["many", "long", "NUL", "surrogate", "one long"])
async def test_beyond_the_limits_nothing_is_imported_and_the_field_and_the_limit_are_named(
    service: Service, field: str, problem: str, messages: list[PromptMessage]
) -> None:
    with pytest.raises(BadInput, match=problem) as refused:
        await imported(service, messages)
    assert refused.value.field == field
    with pytest.raises(ModelNotFound):
        await imported(service, SAID, model="unheard of")
    assert await service.chat.conversations.count(service.owner) == 0
