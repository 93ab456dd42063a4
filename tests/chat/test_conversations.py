from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.chat.changes import ConversationChanges
from app.chat.errors import BadInput, ModelNotFound, NotFound
from app.chat.identifiers import new_conversation_id
from app.chat.paging import Window
from app.chat.text import MAX_TITLE_CHARACTERS
from tests.chat.conftest import Service
from tests.chat.scripted_backend import MODEL

BAD: list[tuple[type[Exception], dict[str, Any]]] = [
    (BadInput, {"title": "x" * (MAX_TITLE_CHARACTERS + 1)}),
    (BadInput, {"title": "\0"}),
    (BadInput, {"system_prompt": "\ud800"}),
    (BadInput, {"model": "m\0"}),
    (BadInput, {"metadata": {"a": "\0"}}),
    (ModelNotFound, {"model": "gpt-0"}),
]


async def test_what_was_created_is_found_again_as_it_was_given(service: Service) -> None:
    conversations = service.chat.conversations
    created = await conversations.create(
        service.owner, title="On \u2028 tea", system_prompt="Be\u0085brief.", model=MODEL, metadata={"a": [1, None]}
    )
    assert await conversations.get(service.owner, [created.id]) == {created.id: created}
    assert (created.title, created.system_prompt, created.model) == ("On \u2028 tea", "Be\u0085brief.", MODEL)
    assert (created.metadata, created.archived, created.tip_id) == ({"a": [1, None]}, False, None)


@pytest.mark.parametrize(("error", "given"), BAD, ids=lambda each: next(iter(each)) if isinstance(each, dict) else "")
async def test_what_cannot_be_stored_or_served_is_refused(
    service: Service, error: type[Exception], given: dict[str, Any]
) -> None:
    with pytest.raises(error):
        await service.chat.conversations.create(service.owner, **given)
    created = await service.chat.conversations.create(service.owner)
    with pytest.raises(error):
        await service.chat.conversations.update(service.owner, created.id, ConversationChanges(**given))
    assert await service.chat.conversations.get(service.owner, [created.id]) == {created.id: created}


async def test_an_update_changes_what_is_given_clears_what_is_none_and_leaves_the_rest(service: Service) -> None:
    conversations = service.chat.conversations
    created = await conversations.create(service.owner, title="old", system_prompt="kept", metadata={"a": 1})
    changes = ConversationChanges(title="new", archived=True)
    updated = await conversations.update(service.owner, created.id, changes)
    assert updated == replace(created, title="new", archived=True, updated_at=updated.updated_at)
    assert updated.updated_at >= created.updated_at
    cleared = await conversations.update(
        service.owner, created.id, ConversationChanges(system_prompt=None, metadata={})
    )
    assert cleared == replace(updated, system_prompt=None, metadata={}, updated_at=cleared.updated_at)


async def test_what_is_not_there_or_is_anothers_is_neither_changed_nor_deleted(service: Service) -> None:
    conversations = service.chat.conversations
    mine = await conversations.create(service.owner)
    for owner, id in ((service.owner, new_conversation_id()), ("somebody else", mine.id)):
        with pytest.raises(NotFound):
            await conversations.update(owner, id, ConversationChanges(title="x"))
        with pytest.raises(NotFound):
            await conversations.delete(owner, id)
    assert await conversations.get(service.owner, [mine.id]) == {mine.id: mine}


async def test_a_deleted_conversation_is_gone_with_its_messages(service: Service) -> None:
    started = await service.post(replies=0)
    await service.chat.conversations.delete(service.owner, started.conversation.id)
    assert await service.chat.conversations.get(service.owner, [started.conversation.id]) == {}
    assert await service.chat.history.messages(service.owner, [started.message.id]) == {}
    with pytest.raises(NotFound):
        await service.chat.conversations.delete(service.owner, started.conversation.id)


async def test_archived_conversations_are_a_list_of_their_own(service: Service) -> None:
    conversations = service.chat.conversations
    shown, archived = [await conversations.create(service.owner) for _ in range(2)]
    await conversations.update(service.owner, archived.id, ConversationChanges(archived=True))
    expected: dict[bool | None, list[Any]] = {
        False: [shown.id],
        True: [archived.id],
        None: [archived.id, shown.id],
    }
    for which, ids in expected.items():
        page = await conversations.page(service.owner, Window(), archived=which)
        assert [each.id for each in page.items] == ids
        assert await conversations.count(service.owner, archived=which) == len(ids)
