from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.chat.changes import ConversationChanges
from app.chat.conversations import new_conversation
from app.chat.identifiers import (
    new_conversation_id,
)
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting


async def test_what_is_created_is_found_as_it_was_given(records: PrismaRecords, owner: str) -> None:
    given = replace(
        new_conversation(owner),
        title="\u0085\u2028😀",
        system_prompt="",
        model="m",
        metadata={"n": None, "big": 2**64 - 1, "small": -(2**63), "f": 0.1, "text": '{"not": "parsed"}', "l": [[]]},
    )
    created = await records.create_conversation(given)
    assert created == replace(given, created_at=created.created_at, updated_at=created.updated_at)
    assert abs((created.created_at - given.created_at).total_seconds()) < 0.002
    assert await records.conversations(owner, [given.id]) == {given.id: created}


async def test_only_those_that_exist_and_are_the_owners_are_found(records: PrismaRecords, owner: str) -> None:
    mine = await records.create_conversation(new_conversation(owner))
    other = await records.create_conversation(new_conversation(f"{owner}-2"))
    ids = [mine.id, other.id, new_conversation_id(), mine.id]
    assert await records.conversations(owner, ids) == {mine.id: mine}
    assert await records.conversations(owner, []) == {}


async def test_an_update_of_nothing_changes_only_when_it_was_active(records: PrismaRecords, owner: str) -> None:
    created = await records.create_conversation(replace(new_conversation(owner), title="kept", metadata={"a": 1}))
    updated = await records.update_conversation(owner, created.id, ConversationChanges())
    assert updated is not None
    assert updated == replace(created, updated_at=updated.updated_at)


async def test_every_field_can_be_changed_and_cleared(records: PrismaRecords, owner: str) -> None:
    created = await records.create_conversation(new_conversation(owner))
    values: dict[str, Any] = {
        "title": "t\u2029",
        "system_prompt": "s",
        "model": "m",
        "archived": True,
        "metadata": {"a": [{}]},
    }
    cleared: dict[str, Any] = {
        "title": None,
        "system_prompt": None,
        "model": None,
        "archived": False,
        "metadata": {},
    }
    for each in (values, cleared):
        updated = await records.update_conversation(owner, created.id, ConversationChanges(**each))
        assert updated is not None
        assert {name: getattr(updated, name) for name in each} == each
        assert await records.conversations(owner, [created.id]) == {created.id: updated}


async def test_anothers_is_neither_updated_nor_deleted(records: PrismaRecords, owner: str) -> None:
    created = await records.create_conversation(new_conversation(owner))
    assert await records.update_conversation("stranger", created.id, ConversationChanges(title="x")) is None
    assert not await records.delete_conversation("stranger", created.id)
    assert await records.conversations(owner, [created.id]) == {created.id: created}


async def test_a_deleted_one_takes_its_tree_its_turns_and_its_log_with_it(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    started = await post("Hello", replies=2, idempotency_key="k")
    reply = started.replies[0].id
    await sql.execute("INSERT INTO deltas (message_id, seq, content) VALUES ($1, 1, 'secret')", reply)
    kept = await post("kept")
    assert await records.delete_conversation(owner, started.conversation.id)
    assert not await records.delete_conversation(owner, started.conversation.id)
    assert list(await records.messages(owner, [started.message.id, reply, kept.message.id])) == [kept.message.id]
    for table in ("turns", "messages"):
        count = f"SELECT count(*) FROM {table} WHERE conversation_id = $1"
        assert await sql.fetchval(count, started.conversation.id) == 0
    left = await sql.fetch("SELECT content, final FROM deltas WHERE message_id = $1", reply)
    assert [tuple(row) for row in left] == [("", True)]  # the marker that there is nothing more to come


async def test_they_are_counted_by_owner_and_kind(records: PrismaRecords, owner: str) -> None:
    for archived in (True, False, False):
        created = await records.create_conversation(new_conversation(owner))
        await records.update_conversation(owner, created.id, ConversationChanges(archived=archived))
    counts = [await records.conversation_count(owner, archived=kind) for kind in (True, False, None)]
    assert counts == [1, 2, 3]
    assert await records.conversation_count(f"{owner}-2", archived=None) == 0
