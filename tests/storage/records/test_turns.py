from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.chat.changes import Post, StartedTurn
from app.chat.completion import PromptMessage
from app.chat.conversations import new_conversation
from app.chat.errors import ConversationBusy, NotFound, StorageUnavailable
from app.chat.identifiers import (
    WriterId,
    new_conversation_id,
    new_message_id,
    new_uuid,
)
from app.chat.parameters import CompletionParameters
from app.chat.records import Role
from app.chat.status import MessageStatus
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting, chain, ended, new_writer, turn, waiting


async def test_all_rows_of_a_turn_are_as_it_says(
    records: PrismaRecords, owner: str, writer: WriterId, sql: Connection
) -> None:
    parameters = CompletionParameters(temperature=0, stop=("\u2028",), seed=-(2**63))
    given = turn(owner, Post("é\u0085", role=Role.DATA, replies=2, parameters=parameters, metadata={"k": "v"}))
    started = await records.begin_turn(given, writer)
    assert (started.conversation.id, started.conversation.owner) == (given.conversation_id, owner)
    assert started.conversation.tip_id == given.reply_ids[0]
    message = started.message
    assert (message.id, message.role, message.status) == (given.message_id, Role.DATA, MessageStatus.COMPLETE)
    assert (message.text.content, message.metadata, message.depth) == ("é\u0085", {"k": "v"}, 0)
    assert message.turn_id == given.id
    assert tuple(each.id for each in started.replies) == given.reply_ids
    for index, reply in enumerate(started.replies):
        assert (reply.role, reply.status, reply.depth) == (Role.ASSISTANT, MessageStatus.STREAMING, 1)
        assert (reply.parent_id, reply.model) == (message.id, "m")
        assert reply.parameters == parameters.of_sibling(index)
    row = await sql.fetchrow("SELECT * FROM turns WHERE id = $1", given.id)
    assert row is not None
    assert (row["state"], row["message_id"], row["payload_digest"]) == (
        "RUNNING",
        given.message_id,
        given.payload_digest,
    )


@pytest.mark.parametrize("before", [(), (PromptMessage(Role.SYSTEM, "Be brief."), PromptMessage(Role.USER, "Hi"))])
@pytest.mark.parametrize("replies", [0, 1, 3])
async def test_what_is_told_of_a_new_conversation_is_what_is_stored(
    records: PrismaRecords, owner: str, writer: WriterId, replies: int, before: tuple[PromptMessage, ...]
) -> None:
    parameters = CompletionParameters(temperature=0.5, stop=("x",), seed=7)
    post = Post("é", before=before, replies=replies, parameters=parameters, idempotency_key="k", metadata={"k": [1.5]})
    given = replace(turn(owner, post), title="A title")
    started = await records.begin_turn(given, writer)
    stored = await records.repeated_turn(owner, "k", given.payload_digest or b"")
    assert stored == replace(started, repeated=True, branch=None)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    metadata=st.dictionaries(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text("aé\u2028\\\"'${}"),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
        max_size=3,
    ),
)
async def test_any_text_and_metadata_come_back_unchanged(
    records: PrismaRecords, owner: str, writer: WriterId, content: str, metadata: dict[str, Any]
) -> None:
    started = await records.begin_turn(turn(owner, Post(content, replies=0, metadata=metadata)), writer)
    [found] = (await records.messages(owner, [started.message.id])).values()
    assert found == started.message
    assert (found.text.content, found.metadata) == (content, metadata)


async def test_a_conversation_takes_one_turn_with_replies_at_a_time(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post(replies=2)
    with pytest.raises(ConversationBusy) as busy:
        await post(conversation_id=first.conversation.id, replies=1)
    assert busy.value.active == first.replies[0].id
    note = await post(conversation_id=first.conversation.id)
    assert note.message.parent_id == first.replies[0].id
    await ended(sql, first)
    assert (await post(conversation_id=first.conversation.id, replies=1)).message.parent_id == note.message.id


async def test_of_two_turns_at_once_one_begins_and_nothing_of_the_other_is_left(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post()
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
        posts = [asyncio.create_task(post(str(n), conversation_id=first.conversation.id, replies=1)) for n in range(2)]
        await waiting(sql, 2)
    results = await asyncio.gather(*posts, return_exceptions=True)
    [begun] = [each for each in results if isinstance(each, StartedTurn)]
    [refused] = [each for each in results if isinstance(each, ConversationBusy)]
    assert refused.active == begun.replies[0].id
    assert await sql.fetchval("SELECT count(*) FROM messages WHERE conversation_id = $1", first.conversation.id) == 3


async def test_messages_posted_at_once_form_one_chain_with_none_lost(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post("first")
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
        posts = [asyncio.create_task(post(str(n), conversation_id=first.conversation.id)) for n in range(8)]
        await waiting(sql, 8)
    await asyncio.gather(*posts)
    assert sorted(await chain(records, owner, first.conversation.id)) == [*map(str, range(8)), "first"]


async def test_messages_posted_at_once_to_a_conversation_that_is_empty_form_one_chain(
    records: PrismaRecords, owner: str, post: Posting
) -> None:
    empty = await records.create_conversation(new_conversation(owner))
    await asyncio.gather(*(post(str(n), conversation_id=empty.id) for n in range(8)))
    assert sorted(await chain(records, owner, empty.id)) == list(map(str, range(8)))


async def test_a_writer_that_has_lost_its_lease_begins_nothing(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post()
    gone = WriterId(new_uuid())
    for refused in (Post("new", replies=1), Post("old", conversation_id=first.conversation.id, replies=1)):
        with pytest.raises(StorageUnavailable, match="lease"):
            await records.begin_turn(turn(owner, refused), gone)
    assert await records.conversation_count(owner, archived=None) == 1
    assert await chain(records, owner, first.conversation.id) == ["Hello"]


async def test_a_turn_waits_for_the_reaper_and_then_begins_nothing(
    records: PrismaRecords, owner: str, sql: Connection
) -> None:
    """The writer is dismissed while the turn is on its way: the row lock decides which of the two is first."""
    paused = await new_writer(sql)
    async with sql.transaction():
        await sql.execute("DELETE FROM writers WHERE id = $1", paused)
        beginning = asyncio.create_task(records.begin_turn(turn(owner, Post("Hello")), paused))
        await waiting(sql, 1)
    with pytest.raises(StorageUnavailable, match="lease"):
        await beginning
    assert await records.conversation_count(owner, archived=None) == 0


async def test_what_is_not_there_or_is_anothers_cannot_be_posted_to(
    records: PrismaRecords, owner: str, post: Posting
) -> None:
    mine, elsewhere = await post(), await post()
    with pytest.raises(NotFound, match="conversation"):
        await post(conversation_id=new_conversation_id())
    for parent in (elsewhere.message.id, new_message_id()):
        with pytest.raises(NotFound, match="parent"):
            await post(conversation_id=mine.conversation.id, parent_id=parent)
    assert await chain(records, owner, mine.conversation.id) == ["Hello"]


async def test_anothers_conversation_cannot_be_posted_to(
    records: PrismaRecords, writer: WriterId, post: Posting
) -> None:
    mine = await post()
    with pytest.raises(NotFound, match="conversation"):
        await records.begin_turn(turn("stranger", Post("x", conversation_id=mine.conversation.id)), writer)
