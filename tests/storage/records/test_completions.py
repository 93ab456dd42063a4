"""Stored completions: turns with replies, in the order of their creation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.chat.changes import StartedTurn, WhenBusy
from app.chat.completion import PromptMessage
from app.chat.conversations import new_conversation
from app.chat.errors import CompletionContinued, NotFound
from app.chat.identifiers import TurnId, WriterId, new_message_id, new_turn_id
from app.chat.paging import CompletionQuery
from app.chat.records import Role
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting, chain, ended, waiting

BEFORE = (PromptMessage(Role.SYSTEM, "Be brief."), PromptMessage(Role.ASSISTANT, ""))


def completion_id(started: StartedTurn) -> TurnId:
    assert started.message.turn_id
    return started.message.turn_id


async def listed(records: PrismaRecords, owner: str, **query: object) -> list[TurnId]:
    page = await records.completion_page(owner, CompletionQuery(**query))  # type: ignore[arg-type]  # of each test
    return [each.id for each in page.items]


async def walk(
    records: PrismaRecords,
    owner: str,
    size: int,
    *,
    newest_first: bool,
    between: Callable[[], Awaitable[object]] | None = None,
) -> list[TurnId]:
    found: list[TurnId] = []
    while True:
        query = CompletionQuery(found[-1] if found else None, size, newest_first)
        page = await records.completion_page(owner, query)
        assert len(page.items) <= size
        found += [each.id for each in page.items]
        if not page.has_more:
            return found
        if between:
            await between()


async def test_a_turn_with_replies_is_a_completion(records: PrismaRecords, owner: str, post: Posting) -> None:
    started = await post(replies=2, before=BEFORE, metadata={"a": 1}, completion_metadata={"b": "2"})
    found = await records.completion(owner, completion_id(started))
    assert found is not None
    assert (found.conversation_id, found.message_id) == (started.conversation.id, started.message.id)
    assert (found.replies, found.metadata) == (started.replies, {"b": "2"})
    assert found.created_at == started.message.created_at


async def test_a_note_and_what_does_not_exist_or_is_anothers_are_none(
    records: PrismaRecords, owner: str, post: Posting
) -> None:
    note, mine = await post("note"), await post(replies=1)
    for who, id in ((owner, completion_id(note)), (owner, new_turn_id()), ("stranger", completion_id(mine))):
        assert await records.completion(who, id) is None
        assert await records.label_completion(who, id, {"a": "b"}) is None
        with pytest.raises(NotFound, match="completion"):
            await records.delete_completion(who, id)
    assert await listed(records, "stranger") == []
    assert await listed(records, owner) == [completion_id(mine)]
    assert await records.messages(owner, [note.message.id, mine.message.id, mine.replies[0].id]) != {}


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("size", [1, 2, 5, 6])
async def test_pages_put_together_are_the_whole_list(
    records: PrismaRecords, owner: str, post: Posting, size: int, newest_first: bool
) -> None:
    begun = [completion_id(await post(str(number), replies=1)) for number in range(5)]
    await post("note")
    found = await walk(records, owner, size, newest_first=newest_first)
    assert found == (begun[::-1] if newest_first else begun)


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
async def test_what_is_begun_or_deleted_meanwhile_neither_repeats_nor_skips_one(
    records: PrismaRecords, owner: str, post: Posting, newest_first: bool
) -> None:
    begun = [completion_id(await post(str(number), replies=1)) for number in range(6)]
    doomed = iter(begun[1::2])

    async def disturb() -> None:
        if not newest_first and (id := next(doomed, None)):
            await records.delete_completion(owner, id)  # the one that the page before ended with
        if len(await listed(records, owner, limit=100)) < 9:
            await post("new", replies=1)

    found = await walk(records, owner, 2, newest_first=newest_first, between=disturb)
    assert [each for each in found if each in begun] == (begun[::-1] if newest_first else begun)


async def test_they_are_found_by_model_and_by_all_of_some_metadata(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    labels = [{}, {"a": "1"}, {"a": "1", "b": "2"}, {"a": "12"}]
    begun = [completion_id(await post(replies=1, completion_metadata=each)) for each in labels]
    await sql.execute("UPDATE messages SET model = 'other' WHERE turn_id = $1 AND role = 'ASSISTANT'", begun[2])
    assert await listed(records, owner, metadata={"a": "1"}) == begun[1:3]
    assert await listed(records, owner, metadata={"b": "2", "a": "1"}) == [begun[2]]
    assert await listed(records, owner, model="other") == [begun[2]]
    assert await listed(records, owner, model="m", metadata={"a": "1"}) == [begun[1]]
    assert await listed(records, owner, model="gone") == []


async def test_metadata_is_replaced(records: PrismaRecords, owner: str, post: Posting) -> None:
    id = completion_id(await post(replies=1, completion_metadata={"a": "1"}))
    labelled = await records.label_completion(owner, id, {"b": "é"})
    assert labelled is not None
    assert labelled.metadata == {"b": "é"}
    assert await records.completion(owner, id) == labelled


async def test_a_deletion_takes_all_that_came_with_the_turn_and_the_tip_goes_back(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post("first", replies=1)
    await ended(sql, first)
    second = await post("second", conversation_id=first.conversation.id, replies=2, before=BEFORE)
    await ended(sql, second)
    await sql.execute("INSERT INTO deltas (message_id, seq) VALUES ($1, 1), ($2, 1)", *ids_of_replies(second))
    assert await records.delete_completion(owner, completion_id(second)) == []
    assert await chain(records, owner, first.conversation.id) == ["first", ""]
    assert await sql.fetchval("SELECT count(*) FROM messages WHERE conversation_id = $1", first.conversation.id) == 2
    assert await sql.fetchval("SELECT count(*) FROM turns WHERE conversation_id = $1", first.conversation.id) == 1
    log = "SELECT count(*) FROM deltas WHERE message_id = ANY ($1::uuid[])"
    assert await sql.fetchval(log, ids_of_replies(second)) == 0
    assert await records.completion(owner, completion_id(second)) is None
    with pytest.raises(NotFound):
        await records.delete_completion(owner, completion_id(second))
    again = await post("again", conversation_id=first.conversation.id)
    assert again.message.parent_id == first.replies[0].id


def ids_of_replies(started: StartedTurn) -> list[object]:
    return [each.id for each in started.replies]


async def test_with_its_only_completion_a_conversation_goes_and_with_another_message_it_stays(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    alone = await post(replies=1, before=BEFORE)
    await records.delete_completion(owner, completion_id(alone))
    assert await records.conversations(owner, [alone.conversation.id]) == {}
    assert await sql.fetchval("SELECT count(*) FROM messages WHERE conversation_id = $1", alone.conversation.id) == 0
    rooted = await post("rooted", replies=1)
    other = new_message_id()
    await sql.execute(
        "INSERT INTO messages (id, conversation_id, depth, role, status, content)"
        " VALUES ($1, $2, 0, 'USER', 'COMPLETE', 'another root')",
        other,
        rooted.conversation.id,
    )
    await records.delete_completion(owner, completion_id(rooted))
    assert await chain(records, owner, rooted.conversation.id) == ["another root"]


async def test_what_is_in_flight_leaves_its_end_in_the_log_and_is_told(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    first = await post(replies=2)
    beside = await post("note", conversation_id=first.conversation.id, parent_id=first.message.id)
    with pytest.raises(CompletionContinued):
        await records.delete_completion(owner, completion_id(first))
    await sql.execute("UPDATE conversations SET tip_id = NULL WHERE id = $1", first.conversation.id)
    await sql.execute("DELETE FROM messages WHERE id = $1", beside.message.id)
    assert await records.delete_completion(owner, completion_id(first)) == ids_of_replies(first)
    left = await sql.fetch("SELECT final FROM deltas WHERE message_id = ANY ($1::uuid[])", ids_of_replies(first))
    assert [row["final"] for row in left] == [True, True]


@pytest.mark.parametrize("below", ["reply", "message", "before"])
async def test_where_the_conversation_goes_on_nothing_is_deleted(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection, below: str
) -> None:
    started = await post(replies=2, before=BEFORE)
    await ended(sql, started)
    parents = {
        "reply": started.replies[1].id,
        "message": started.message.id,
        "before": started.message.parent_id,
    }
    follower = await post("more", conversation_id=started.conversation.id, parent_id=parents[below], replies=1)
    with pytest.raises(CompletionContinued):
        await records.delete_completion(owner, completion_id(started))
    assert await listed(records, owner) == [completion_id(started), completion_id(follower)]
    await records.delete_completion(owner, completion_id(follower))
    await records.delete_completion(owner, completion_id(started))
    assert await records.conversations(owner, [started.conversation.id]) == {}


async def test_the_tip_stays_where_another_branch_is_selected(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    root = await post("root")
    one = await post("one", conversation_id=root.conversation.id, replies=1)
    await ended(sql, one)
    other = await post("other", conversation_id=root.conversation.id, parent_id=root.message.id)
    await records.delete_completion(owner, completion_id(one))
    assert await chain(records, owner, root.conversation.id) == ["root", "other"]
    assert other.conversation.tip_id == other.message.id


async def test_a_post_and_a_deletion_at_once_lose_nothing(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    """The post is first in line: the deletion must see what it has committed, or it would go with the conversation."""
    started = await post("first", replies=1)
    await ended(sql, started)
    id = started.conversation.id
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        posting = asyncio.create_task(post("second", conversation_id=id))
        await waiting(sql, 1)
        deleting = asyncio.create_task(records.delete_completion(owner, completion_id(started)))
        await waiting(sql, 2)
    await posting
    with pytest.raises(CompletionContinued):
        await deleting
    assert await chain(records, owner, id) == ["first", "", "second"]


async def test_a_deletion_and_a_post_at_once_leave_a_sound_conversation(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    """The deletion is first in line: the post follows what was before."""
    root = await post("root")
    started = await post("first", conversation_id=root.conversation.id, replies=1)
    await ended(sql, started)
    id = root.conversation.id
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        deleting = asyncio.create_task(records.delete_completion(owner, completion_id(started)))
        await waiting(sql, 1)
        posting = asyncio.create_task(post("second", conversation_id=id))
        await waiting(sql, 2)
    await deleting
    await posting
    assert await chain(records, owner, id) == ["root", "second"]


async def test_two_deletions_at_once_delete_it_once(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    root = await post("root")
    started = await post("first", conversation_id=root.conversation.id, replies=1)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", root.conversation.id)
        deleting = [asyncio.create_task(records.delete_completion(owner, completion_id(started))) for _ in range(2)]
        await waiting(sql, 2)
    results = await asyncio.gather(*deleting, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["NotFound", "list"]
    assert await chain(records, owner, root.conversation.id) == ["root"]


async def test_a_turn_that_waits_can_be_deleted_and_the_next_one_is_claimed(
    records: PrismaRecords, owner: str, writer: WriterId, post: Posting, sql: Connection
) -> None:
    empty = await records.create_conversation(new_conversation(owner))
    root = await post("root", conversation_id=empty.id)
    running = await post("running", conversation_id=empty.id, replies=1)
    options = {"conversation_id": empty.id, "parent_id": root.message.id, "when_busy": WhenBusy.ENQUEUE, "replies": 1}
    second, third = await post("second", **options), await post("third", **options)
    assert await records.delete_completion(owner, completion_id(second)) == ids_of_replies(second)
    assert await records.delete_completion(owner, completion_id(running)) == ids_of_replies(running)
    claimed = [each.message.id for each in await records.claim_turns(writer)]
    assert third.message.id in claimed
