"""Turns whose post brings other messages with it: a chain above the posted one, committed with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.chat.changes import Post, StartedTurn, WhenBusy
from app.chat.completion import PromptMessage
from app.chat.conversations import new_conversation
from app.chat.errors import ConversationBusy, NotFound, StorageUnavailable
from app.chat.identifiers import WriterId, new_message_id, new_uuid
from app.chat.paging import Window
from app.chat.records import Message, Role
from app.chat.status import MessageStatus
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting, chain, ended, turn, waiting

ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SYSTEM, EMPTY, TOOL = (
    PromptMessage(Role.SYSTEM, "Be brief."),
    PromptMessage(Role.ASSISTANT, ""),
    PromptMessage(Role.TOOL, "é\u2028"),
)
BEFORE = (SYSTEM, EMPTY, TOOL)


async def branch(records: PrismaRecords, owner: str, tip: Message) -> list[Message]:
    return list((await records.branch_page(owner, tip.id, Window(100))).items)


async def test_they_are_a_chain_from_the_root_of_a_new_conversation_to_the_posted_message(
    records: PrismaRecords, owner: str, writer: WriterId
) -> None:
    post = Post("Hello", before=BEFORE, metadata={"of": "the message"}, completion_metadata={"of": "the turn"})
    begun = turn(owner, post)
    started = await records.begin_turn(begun, writer)
    *before, message, reply = await branch(records, owner, started.replies[0])
    assert [PromptMessage(each.role, each.text.content) for each in before] == list(BEFORE)
    assert [each.id for each in before] == list(begun.before_ids)
    assert {each.turn_id for each in before} == {begun.id}
    assert {each.status for each in before} == {MessageStatus.COMPLETE}
    assert [each.depth for each in (*before, message, reply)] == [0, 1, 2, 3, 4]
    assert [each.parent_id for each in (*before, message, reply)] == [
        None,
        *(each.id for each in before),
        message.id,
    ]
    assert (message, reply) == (started.message, started.replies[0])
    assert [each.metadata for each in before] == [{}, {}, {}]
    assert message.metadata == {"of": "the message"}
    assert started.conversation.tip_id == reply.id


async def test_they_follow_the_tip_or_the_parent_that_was_named(
    records: PrismaRecords, owner: str, post: Posting
) -> None:
    first = await post("first")
    second = await post("second", conversation_id=first.conversation.id, before=(TOOL,))
    assert await chain(records, owner, first.conversation.id) == ["first", "é\u2028", "second"]
    beside = await post("beside", conversation_id=first.conversation.id, parent_id=first.message.id, before=(SYSTEM,))
    assert await chain(records, owner, first.conversation.id) == ["first", "Be brief.", "beside"]
    assert (second.message.depth, beside.message.depth) == (2, 2)


async def test_in_a_conversation_that_is_empty_they_begin_at_the_root(
    records: PrismaRecords, owner: str, post: Posting
) -> None:
    empty = await records.create_conversation(new_conversation(owner))
    await post("posted", conversation_id=empty.id, before=(SYSTEM, TOOL))
    assert await chain(records, owner, empty.id) == ["Be brief.", "é\u2028", "posted"]


async def test_a_turn_that_asks_for_the_root_gets_it_whatever_the_tip_is(
    records: PrismaRecords, owner: str, writer: WriterId, post: Posting
) -> None:
    first = await post("first", before=(SYSTEM,))
    begun = turn(owner, Post("second", conversation_id=first.conversation.id, before=(TOOL,), replies=0))
    await records.begin_turn(replace(begun, root=True), writer)
    assert await chain(records, owner, first.conversation.id) == ["é\u2028", "second"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.builds(PromptMessage, st.sampled_from(Role), ANY_TEXT), min_size=1, max_size=5))
async def test_any_roles_and_texts_come_back_unchanged(
    records: PrismaRecords, owner: str, writer: WriterId, before: list[PromptMessage]
) -> None:
    started = await records.begin_turn(turn(owner, Post("x", replies=0, before=tuple(before))), writer)
    found = await branch(records, owner, started.message)
    assert [PromptMessage(each.role, each.text.content) for each in found[:-1]] == before


async def test_two_thousand_of_them_and_megabytes_of_text_are_one_turn(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    many = tuple(PromptMessage(Role.USER, str(number)) for number in range(1_996))
    long = (PromptMessage(Role.DATA, "é" * 2 * 1024 * 1024),) * 4
    started = await post("posted", before=many + long)
    assert started.message.depth == 2_000
    depths = await sql.fetchval(
        "SELECT array_agg(depth ORDER BY id) FROM messages WHERE turn_id = $1", started.message.turn_id
    )
    assert depths == list(range(2_001))
    lengths = "SELECT sum(octet_length(content)) FROM messages WHERE turn_id = $1 AND role = 'DATA'"
    assert await sql.fetchval(lengths, started.message.turn_id) == 16 * 1024 * 1024


async def test_a_repeated_post_has_its_replies_and_not_what_came_before_it(post: Posting) -> None:
    key = str(new_uuid())
    first = await post(before=BEFORE, replies=2, idempotency_key=key)
    again = await post(before=BEFORE, replies=2, idempotency_key=key)
    assert again.repeated
    assert (again.message, again.replies) == (first.message, first.replies)


async def test_a_turn_that_waits_has_them_stored_and_is_claimed_without_them(
    records: PrismaRecords, owner: str, writer: WriterId, post: Posting, sql: Connection
) -> None:
    first = await post("first", replies=1)
    id = first.conversation.id
    second = await post("second", conversation_id=id, replies=1, before=BEFORE, when_busy=WhenBusy.ENQUEUE)
    assert second.replies[0].status is MessageStatus.QUEUED
    assert await chain(records, owner, id) == ["first", "", "Be brief.", "", "é\u2028", "second", ""]
    await ended(sql, first)
    claimed = await claim(records, writer, second)
    assert (claimed.message, [each.id for each in claimed.replies]) == (second.message, [second.replies[0].id])


async def claim(records: PrismaRecords, writer: WriterId, wanted: StartedTurn) -> StartedTurn:
    while turns := await records.claim_turns(writer):
        for each in turns:
            if each.message.id == wanted.message.id:
                return each
    raise AssertionError("it was not claimed")


async def test_of_a_turn_that_is_refused_nothing_is_stored(
    records: PrismaRecords, owner: str, writer: WriterId, post: Posting, sql: Connection
) -> None:
    first = await post("first", replies=1)
    id = first.conversation.id
    with pytest.raises(ConversationBusy):
        await post("second", conversation_id=id, replies=1, before=BEFORE)
    with pytest.raises(NotFound, match="parent"):
        await post("second", conversation_id=id, parent_id=new_message_id(), before=BEFORE)
    for conversation_id in (id, None):
        with pytest.raises(StorageUnavailable, match="lease"):
            refused = turn(owner, Post("third", conversation_id, before=BEFORE))
            await records.begin_turn(refused, WriterId(new_uuid()))
    with pytest.raises(NotFound, match="conversation"):
        await records.begin_turn(turn("stranger", Post("x", id, before=BEFORE)), writer)
    assert await sql.fetchval("SELECT count(*) FROM messages WHERE conversation_id = $1", id) == 2
    assert await records.conversation_count(owner, archived=None) == 1


async def test_posts_at_once_form_one_chain_in_which_each_keeps_together(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post("first")
    id = first.conversation.id
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        posts = [
            asyncio.create_task(post(f"{n}", conversation_id=id, before=(PromptMessage(Role.USER, f"before {n}"),)))
            for n in range(4)
        ]
        await waiting(sql, 4)
    await asyncio.gather(*posts)
    said = await chain(records, owner, id)
    assert said[0] == "first"
    pairs = sorted(zip(said[1::2], said[2::2], strict=True))
    assert pairs == [(f"before {n}", f"{n}") for n in range(4)]


@pytest.mark.parametrize("before", [(), BEFORE], ids=["alone", "with others"])
async def test_a_parent_that_is_deleted_meanwhile_does_not_exist(
    post: Posting, sql: Connection, before: tuple[PromptMessage, ...]
) -> None:
    first = await post("first")
    second = await post("second", conversation_id=first.conversation.id)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
        posting = asyncio.create_task(
            post("third", conversation_id=first.conversation.id, parent_id=second.message.id, before=before)
        )
        await waiting(sql, 1)
        await sql.execute("DELETE FROM messages WHERE id = $1", second.message.id)
        await sql.execute("UPDATE conversations SET tip_id = $2 WHERE id = $1", first.conversation.id, first.message.id)
    with pytest.raises(NotFound, match="parent"):
        await posting
