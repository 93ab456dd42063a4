"""Which branch of a conversation is the selected one."""

from __future__ import annotations

import asyncio

import pytest

from app.chat.changes import Edit, Regeneration
from app.chat.errors import NotFound, StorageUnavailable
from app.chat.identifiers import ConversationId, MessageId, new_message_id
from app.chat.records import Conversation
from app.log.connection import Connection
from app.storage.branches import MAX_SELECTIONS_AT_ONCE_OF_OWNER
from tests.chat.conftest import Service, waiting_for_lock

WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query LIKE '%select_branch%' AND datname = current_database()
"""


async def conversation(service: Service, id: ConversationId) -> Conversation:
    return (await service.chat.conversations.get(service.owner, [id]))[id]


async def selected(service: Service, id: MessageId) -> list[str]:
    """What the selected branch says once it leads through that message."""
    chosen = await service.chat.branches.select(service.owner, id)
    assert chosen == await conversation(service, chosen.id)
    assert chosen.tip_id
    return await service.branch(chosen.tip_id)


async def test_a_branch_is_selected_by_any_of_its_messages(service: Service) -> None:
    root = await service.post("One", replies=0)
    left = await service.post("Left", conversation_id=root.conversation.id, replies=0)
    below = await service.post("Below", conversation_id=root.conversation.id, replies=0)
    right = await service.chat.turns.edit(service.owner, Edit(left.message.id, "Right", replies=0))
    for id in (left.message.id, below.message.id):
        assert await selected(service, id) == ["One", "Left", "Below"]
        assert await selected(service, right.message.id) == ["One", "Right"]
    await service.post("Next", conversation_id=root.conversation.id, replies=0)
    assert await selected(service, right.message.id) == ["One", "Right", "Next"]


async def test_below_the_message_the_newest_child_is_followed_at_each_level(service: Service) -> None:
    root = await service.post("One", replies=0)
    id = root.conversation.id
    left = await service.post("Left", conversation_id=id, replies=0)
    right = await service.post("Right", conversation_id=id, parent_id=root.message.id, replies=0)
    await service.post("Right below", conversation_id=id, parent_id=right.message.id, replies=0)
    await service.post("Left below, later", conversation_id=id, parent_id=left.message.id, replies=0)
    assert await selected(service, root.message.id) == ["One", "Right", "Right below"]
    assert await selected(service, left.message.id) == ["One", "Left", "Left below, later"]
    assert await selected(service, root.message.id) == ["One", "Right", "Right below"]


async def test_each_of_several_replies_can_be_selected(service: Service) -> None:
    started = await service.post("One", replies=3)
    for content in "abc":
        call = await service.backend.called()
        call.say(content)
        call.finish()
    said = [(await service.ended(each.id)).text.content for each in started.replies]
    for reply, content in zip(started.replies, said, strict=True):
        assert await selected(service, reply.id) == ["One", content]
    assert await selected(service, started.message.id) == ["One", said[-1]]


async def test_the_conversation_goes_on_from_what_is_selected(service: Service) -> None:
    started = await service.post("One")
    await service.answer(started.replies[0], "1")
    anew = await service.chat.turns.regenerate(service.owner, Regeneration(started.replies[0].id))
    await service.answer(anew.replies[0], "eins")
    assert await selected(service, started.replies[0].id) == ["One", "1"]
    after = await service.post("Two", conversation_id=started.conversation.id)
    assert await service.answer(after.replies[0], "2") == ["One", "1", "Two"]


async def test_while_a_reply_is_in_flight_another_branch_can_be_selected_and_the_reply_goes_on(
    service: Service,
) -> None:
    root = await service.post("One", replies=0)
    edited = await service.chat.turns.edit(service.owner, Edit(root.message.id, "Eins"))
    call = await service.backend.called()
    assert await selected(service, root.message.id) == ["One"]
    call.say("eins")
    call.finish()
    assert (await service.ended(edited.replies[0].id)).text.content == "eins"
    assert (await conversation(service, root.conversation.id)).tip_id == root.message.id


async def test_to_look_at_another_branch_is_no_activity(service: Service) -> None:
    root = await service.post("One", replies=0)
    edited = await service.chat.turns.edit(service.owner, Edit(root.message.id, "Eins", replies=0))
    chosen = await service.chat.branches.select(service.owner, root.message.id)
    assert chosen.updated_at == edited.conversation.updated_at


async def test_a_message_that_is_anothers_or_does_not_exist_selects_nothing(service: Service) -> None:
    root = await service.post("One", replies=0)
    edited = await service.chat.turns.edit(service.owner, Edit(root.message.id, "Eins", replies=0))
    with pytest.raises(NotFound, match="message"):
        await service.chat.branches.select(service.owner, new_message_id())
    with pytest.raises(NotFound, match="message"):
        await service.chat.branches.select("stranger", root.message.id)
    assert (await conversation(service, root.conversation.id)).tip_id == edited.message.id


async def test_what_is_posted_while_the_selection_waits_is_part_of_the_branch(
    service: Service, sql: Connection
) -> None:
    root = await service.post("One", replies=0)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", root.conversation.id)
        posting = asyncio.create_task(service.post("Two", conversation_id=root.conversation.id, replies=0))
        await waiting_for_lock(sql, "begin a turn")
        selecting = asyncio.create_task(selected(service, root.message.id))
        await waiting_for_lock(sql, "select_branch")
    await posting
    assert await selecting == ["One", "Two"]


async def test_a_message_that_is_deleted_while_the_selection_waits_is_not_the_tip(
    service: Service, sql: Connection
) -> None:
    root = await service.post("One", replies=0)
    id = root.conversation.id
    below = await service.post("Below", conversation_id=id, replies=0)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        selecting = asyncio.create_task(selected(service, root.message.id))
        await waiting_for_lock(sql, "select_branch")
        await sql.execute("DELETE FROM messages WHERE id = $1", below.message.id)
    assert await selecting == ["One"]


async def test_a_selection_waits_for_a_lock_for_a_short_time_only(
    service: Service, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.branches.LOCK_SECONDS", 0.1)
    root = await service.post("One", replies=0)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", root.conversation.id)
        with pytest.raises(StorageUnavailable, match="busy"):
            await service.chat.branches.select(service.owner, root.message.id)
    assert await selected(service, root.message.id) == ["One"]


async def test_many_selections_at_once_leave_connections_to_others_and_all_succeed(
    service: Service, sql: Connection
) -> None:
    root = await service.post("One", replies=0)
    id = root.conversation.id
    tips = [(await service.post("Two", conversation_id=id, parent_id=root.message.id, replies=0)).message.id] * 100
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", id)
        selecting = [asyncio.create_task(service.chat.branches.select(service.owner, tip)) for tip in tips]
        await waiting_for_lock(sql, "select_branch", MAX_SELECTIONS_AT_ONCE_OF_OWNER)
        assert (await conversation(service, id)).tip_id == tips[0]
        await sql.execute("SELECT pg_stat_clear_snapshot()")
        assert await sql.fetchval(WAITING) == MAX_SELECTIONS_AT_ONCE_OF_OWNER
    assert [each.tip_id for each in await asyncio.gather(*selecting)] == tips
