"""The title of a conversation that was given none."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.changes import ConversationChanges, Edit, Post
from app.chat.completion import PromptMessage
from app.chat.identifiers import ConversationId
from app.chat.records import Role
from app.chat.service import build_chat
from app.chat.titles import MAX_MADE_TITLE_CHARACTERS, made_title, title_of
from app.log.connection import Connection
from tests.chat.conftest import Service, waiting_for_lock

LONG_WORDS = "Explain how the tides of the North Sea depend on the moon and on the shape of its coast"

TITLES = [
    ("Tell me a long story", "Tell me a long story"),
    ("  Tell me\ta  long story.  \n\nIt is for a child.", "Tell me a long story"),
    ("Why is that so? I have read a lot about it.", "Why is that so? I have read a lot about it"),
    ("What is a monad, really? I have read a lot about it.", "What is a monad, really?"),
    ("Hello! How do tides work?", "Hello! How do tides work?"),
    ("Hi", "Hi"),
    ("And then...", "And then..."),
    ("Use version 3.11 of Python here. Please.", "Use version 3.11 of Python here"),
    ('She asked "Where are they now?" I do not know.', 'She asked "Where are they now?"'),
    ("月はどうして地球に落ちてこないのですか。教えてください。", "月はどうして地球に落ちてこないのですか。"),
    ("---\n\u2028Below the line", "Below the line"),
    ("👋", "👋"),
    ("a\u202eb\u2066c\u0007d", "abc d"),
    (LONG_WORDS, "Explain how the tides of the North Sea depend on the moon…"),
    ("x" * 60, "x" * 60),
    ("x" * 61, "x" * 59 + "…"),
    ("x" * 58 + "e\u0301" * 2, "x" * 58 + "…"),
    ("x" * 57 + "👩\u200d🚀" * 9, "x" * 57 + "…"),
    ("", None),
    (" \n\t\u2028", None),
]


@pytest.mark.parametrize(("said", "title"), TITLES)
def test_a_title_is_the_first_sentence_shortened_between_words(said: str, title: str | None) -> None:
    assert title_of(said) == title


@given(st.text(max_size=300))
def test_whatever_is_said_a_title_is_one_short_line(said: str) -> None:
    title = title_of(said)
    if title is not None:
        assert 0 < len(title) <= MAX_MADE_TITLE_CHARACTERS
        assert len(title.splitlines()) == 1
        assert title == title.strip()


def test_the_first_user_who_says_something_gives_the_title() -> None:
    messages = [
        PromptMessage(Role.SYSTEM, "Be brief."),
        PromptMessage(Role.USER, " "),
        PromptMessage(Role.USER, "One"),
        PromptMessage(Role.USER, "Two"),
    ]
    assert made_title(messages) == "One"
    assert made_title(messages[:1]) is None


async def title(service: Service, id: ConversationId) -> str | None:
    return (await service.chat.conversations.get(service.owner, [id]))[id].title


@pytest.mark.parametrize("before", [(), (PromptMessage(Role.SYSTEM, "Be brief."),)], ids=["alone", "with others"])
async def test_a_new_conversation_has_its_title_as_soon_as_it_has_its_first_message(
    service: Service, before: tuple[PromptMessage, ...]
) -> None:
    started = await service.post("How do tides work?", before=before)
    assert started.conversation.title == "How do tides work?"
    await service.stop(started.replies[0].id)


async def test_a_conversation_begun_without_a_title_gets_it_with_the_first_thing_that_a_user_says(
    service: Service,
) -> None:
    id = (await service.chat.conversations.create(service.owner)).id
    prompt = await service.post("Be brief.", conversation_id=id, role=Role.SYSTEM, replies=0)
    assert prompt.conversation.title is None
    first = await service.post("One", conversation_id=id, replies=0)
    assert first.conversation.title == "One"
    edited = await service.chat.turns.edit(service.owner, Edit(first.message.id, "Another one", replies=0))
    assert edited.conversation.title == "One"


async def test_a_title_that_somebody_gave_or_set_stays(service: Service) -> None:
    given = await service.chat.conversations.create(service.owner, title="Given")
    await service.post("One", conversation_id=given.id, replies=0)
    assert await title(service, given.id) == "Given"
    await service.chat.conversations.update(service.owner, given.id, ConversationChanges(title="Set"))
    await service.post("Two", conversation_id=given.id, replies=0)
    assert await title(service, given.id) == "Set"


async def test_a_title_that_somebody_cleared_stays_cleared(service: Service) -> None:
    id = (await service.post("One", replies=0)).conversation.id
    await service.chat.conversations.update(service.owner, id, ConversationChanges(title=None))
    for before in ((), (PromptMessage(Role.USER, "Three"),)):
        await service.post("Two", conversation_id=id, replies=0, before=before)
        assert await title(service, id) is None


async def test_a_title_that_somebody_sets_while_the_first_message_is_being_stored_stays(
    service: Service, sql: Connection
) -> None:
    id = (await service.chat.conversations.create(service.owner)).id
    async with sql.transaction():
        await sql.execute("UPDATE conversations SET title = 'Set' WHERE id = $1", id)
        posting = asyncio.create_task(service.post("One", conversation_id=id, replies=0))
        await waiting_for_lock(sql, "begin a turn")
    assert (await posting).conversation.title == "Set"


async def test_of_first_messages_at_once_one_gives_the_title(service: Service, sql: Connection) -> None:
    id = (await service.chat.conversations.create(service.owner)).id
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        posts = [asyncio.create_task(service.post(each, conversation_id=id, replies=0)) for each in ("One", "Two")]
        await waiting_for_lock(sql, "begin a turn", 2)
    titles = {(await each).conversation.title for each in posts}
    assert titles == {await title(service, id)}
    assert titles < {"One", "Two"}


async def test_no_titles_are_made_where_that_is_switched_off(service: Service) -> None:
    chat, _ = build_chat(service.records, service.log, service.catalog, auto_titles=False)
    imported = await chat.conversations.create(service.owner, messages=[PromptMessage(Role.USER, "Hello")])
    assert imported.title is None
    empty = await chat.conversations.create(service.owner)
    for conversation in (None, empty.id):
        started = await chat.turns.post(service.owner, _note(conversation))
        assert started.conversation.title is None


def _note(conversation: ConversationId | None) -> Post:
    return Post("Hello", conversation, replies=0)
