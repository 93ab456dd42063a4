"""A turn that begins knows what was said before it, so that nobody has to read its prompt."""

from __future__ import annotations

from dataclasses import replace

from app.chat.changes import Post, StartedTurn, WhenBusy
from app.chat.completion import PromptMessage
from app.chat.identifiers import WriterId
from app.chat.paging import Window
from app.chat.prompt import said
from app.chat.records import Role
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from app.storage.statements import MAX_SAID_BYTES, MAX_SAID_MESSAGES
from tests.storage.records.conftest import Posting, ended, turn


async def stored(records: PrismaRecords, owner: str, started: StartedTurn) -> tuple[PromptMessage, ...]:
    """What is said from the root to the message that the turn answers."""
    page = await records.branch_page(owner, started.message.id, Window(100))
    return tuple(said(page.items))


async def test_it_is_what_is_stored_from_the_root_to_the_posted_message(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post("one", replies=1)
    assert first.branch == (PromptMessage(Role.USER, "one"),)
    await sql.execute("UPDATE messages SET content = 'two' WHERE id = $1", first.replies[0].id)
    await ended(sql, first)
    second = await post("three", conversation_id=first.conversation.id, replies=2, role=Role.DATA)
    assert second.branch == await stored(records, owner, second)
    assert second.branch == (
        PromptMessage(Role.USER, "one"),
        PromptMessage(Role.ASSISTANT, "two"),
        PromptMessage(Role.DATA, "three"),
    )
    await ended(sql, second)
    beside = await post("four", conversation_id=first.conversation.id, parent_id=first.message.id, replies=1)
    assert beside.branch == (PromptMessage(Role.USER, "one"), PromptMessage(Role.USER, "four"))


async def test_messages_that_come_before_the_posted_one_are_part_of_it(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    before = (PromptMessage(Role.SYSTEM, "s"), PromptMessage(Role.USER, "u"))
    first = await post("one", before=before, replies=1)
    assert first.branch == (*before, PromptMessage(Role.USER, "one"))
    await ended(sql, first)
    second = await post("two", before=before, conversation_id=first.conversation.id, replies=1)
    assert second.branch == await stored(records, owner, second)
    assert len(second.branch or ()) == 7


async def test_of_a_message_that_is_answered_anew_it_ends_with_that(
    records: PrismaRecords, owner: str, writer: WriterId, post: Posting, sql: Connection
) -> None:
    first = await post("one", replies=1)
    await ended(sql, first)
    second = await post("two", conversation_id=first.conversation.id, replies=1)
    await ended(sql, second)
    for answered in (first, second):
        new = turn(owner, Post("", conversation_id=first.conversation.id))
        anew = await records.begin_turn(replace(new, message_id=answered.message.id, anew=True), writer)
        assert anew.branch == await stored(records, owner, answered)
        await sql.execute("UPDATE turns SET state = 'ENDED' WHERE id = $1", new.id)
        await sql.execute("UPDATE messages SET status = 'COMPLETE' WHERE turn_id = $1", new.id)


async def test_in_a_root_beside_the_first_one_it_is_the_posted_message_alone(
    records: PrismaRecords, owner: str, writer: WriterId, post: Posting
) -> None:
    first = await post("one")
    beside = turn(owner, Post("other", conversation_id=first.conversation.id))
    started = await records.begin_turn(replace(beside, root=True), writer)
    assert started.branch == (PromptMessage(Role.USER, "other"),)


async def test_it_is_told_of_as_much_as_a_post_may_wait_for_and_no_more(post: Posting) -> None:
    most = await post("one", before=(PromptMessage(Role.USER, "before"),) * (MAX_SAID_MESSAGES - 1))
    told = await post("two", conversation_id=most.conversation.id, replies=1)
    assert len(told.branch or ()) == MAX_SAID_MESSAGES + 1
    beyond = await post("one", before=(PromptMessage(Role.USER, "before"),) * MAX_SAID_MESSAGES)
    assert (await post("two", conversation_id=beyond.conversation.id, replies=1)).branch is None


async def test_of_long_texts_it_is_not_told(post: Posting) -> None:
    first = await post("one", before=(PromptMessage(Role.USER, "x" * (MAX_SAID_BYTES // 2)),) * 3)
    assert (await post("two", conversation_id=first.conversation.id, replies=1)).branch is None


async def test_below_a_message_in_flight_it_is_not_told(post: Posting, sql: Connection) -> None:
    first = await post("one", replies=1)
    await sql.execute("UPDATE turns SET state = 'ENDED' WHERE id = $1", first.message.turn_id)
    further = await post("two", conversation_id=first.conversation.id)
    assert further.message.parent_id == first.replies[0].id
    for parent in (first.replies[0].id, further.message.id):
        below = await post("three", conversation_id=first.conversation.id, parent_id=parent, replies=1)
        assert below.branch is None
        await sql.execute("UPDATE turns SET state = 'ENDED' WHERE id = $1", below.message.turn_id)


async def test_it_is_told_to_no_turn_that_waits_or_has_no_replies(post: Posting) -> None:
    first = await post("one", replies=1)
    waits = await post("two", conversation_id=first.conversation.id, replies=1, when_busy=WhenBusy.ENQUEUE)
    stored_only = await post("three", conversation_id=first.conversation.id)
    assert (waits.branch, stored_only.branch) == (None, None)
