"""What a deleted completion leaves behind, what a deletion waits for, and what it costs."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from app.chat.changes import ConversationChanges, StartedTurn
from app.chat.conversations import new_conversation
from app.chat.errors import StorageUnavailable
from app.chat.identifiers import TurnId
from app.log.connection import Connection
from app.storage.client import Database
from app.storage.completion_statements import DELETE_COMPLETION
from app.storage.completions import MAX_DELETIONS_AT_ONCE
from app.storage.connections import Connection as PoolConnection
from app.storage.reaching import reaching_database
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import DEADLINE_SECONDS, Posting, ended, waiting

MANY = 20_000


def completion_id(started: StartedTurn) -> TurnId:
    assert started.message.turn_id
    return started.message.turn_id


@pytest.mark.parametrize(
    "given", [{"title": "Plans"}, {"system_prompt": "Be kind."}, {"model": "m"}, {"metadata": {"a": 1}}], ids=str
)
async def test_a_conversation_that_somebody_has_set_up_stays_without_a_message(
    records: PrismaRecords, owner: str, post: Posting, given: dict[str, Any]
) -> None:
    conversation = await records.create_conversation(new_conversation(owner, ConversationChanges(**given)))
    only = await post(conversation_id=conversation.id, replies=1)
    await records.delete_completion(owner, completion_id(only))
    left = (await records.conversations(owner, [conversation.id]))[conversation.id]
    assert left.tip_id is None
    assert {name: getattr(left, name) for name in given} == given
    again = await post("again", conversation_id=conversation.id)
    assert (again.message.parent_id, again.message.depth) == (None, 0)


async def test_a_deletion_waits_for_a_lock_for_a_short_time_only_and_does_nothing(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.completions.LOCK_SECONDS", 0.1)
    started = await post(replies=1)
    id = completion_id(started)
    for locked in ("conversations", "messages"):
        where = {"conversations": started.conversation.id, "messages": started.replies[0].id}[locked]
        async with sql.transaction():
            await sql.execute(f"SELECT FROM {locked} WHERE id = $1 FOR UPDATE", where)
            with pytest.raises(StorageUnavailable, match="busy"):
                await asyncio.wait_for(records.delete_completion(owner, id), DEADLINE_SECONDS)
        assert await records.completion(owner, id) is not None
    await records.delete_completion(owner, id)


async def test_deletions_that_wait_leave_connections_to_others_and_are_refused_when_they_are_too_many(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.completions.MAX_WAIT_SECONDS", 0.1)
    started = await post(replies=1)
    id = completion_id(started)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", started.conversation.id)
        deletions = [
            asyncio.create_task(records.delete_completion(owner, id)) for _ in range(MAX_DELETIONS_AT_ONCE + 20)
        ]
        await waiting(sql, MAX_DELETIONS_AT_ONCE)
        assert await records.completion(owner, id) is not None
        refused, held = await asyncio.wait(deletions, timeout=1)
        assert {type(each.exception()) for each in refused} == {StorageUnavailable}
        assert len(held) == MAX_DELETIONS_AT_ONCE
    results = await asyncio.gather(*held, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["NotFound"] * (MAX_DELETIONS_AT_ONCE - 1) + ["list"]


async def test_a_transaction_that_gets_no_connection_or_takes_too_long_says_that_storage_is_unavailable(
    url: str,
) -> None:
    async def sleep(connection: PoolConnection) -> None:
        await connection.fetch("SELECT set_config('statement_timeout', '100ms', true)")
        await connection.fetch("SELECT pg_sleep(60)")

    async def wait(connection: PoolConnection) -> None:
        with pytest.raises(StorageUnavailable):
            async with reaching_database():
                await database.transaction(unreachable)

    async def unreachable(connection: PoolConnection) -> None:
        raise AssertionError("there is no other connection")

    async with Database(f"{url}{'&' if '?' in url else '?'}connection_limit=1&pool_timeout=0.05") as database:
        with pytest.raises(StorageUnavailable):
            async with reaching_database():
                await database.transaction(sleep)
        await database.transaction(wait)


async def test_a_deletion_looks_at_its_own_conversation_only(owner: str, post: Posting, sql: Connection) -> None:
    note = await post("root beside")
    started = await post("root", conversation_id=note.conversation.id, replies=1)
    await ended(sql, started)
    await sql.execute("UPDATE messages SET parent_id = NULL, depth = 0 WHERE id = $1", started.message.id)
    disturbance = sql.transaction()
    await disturbance.start()
    try:
        await add_messages_of_others(sql)
        plan = await sql.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {DELETE_COMPLETION}", owner, completion_id(started)
        )
        # Of any node: what is changed after the answer is ready does not count for the topmost one.
        assert max(map(int, re.findall(r'"Shared (?:Hit|Read) Blocks": (\d+)', plan))) < 1_000
        assert await sql.fetchval("SELECT count(*) FROM messages WHERE id = $1", started.message.id) == 0
        tip = "SELECT tip_id FROM conversations WHERE id = $1"
        assert await sql.fetchval(tip, note.conversation.id) == note.message.id
    finally:
        await disturbance.rollback()


async def add_messages_of_others(sql: Connection) -> None:
    """Newer ones than any, in so few conversations that one does not seem to have to look far."""
    await sql.execute(f"""
        INSERT INTO conversations (id, owner) SELECT gen_random_uuid(), 'bulk' FROM generate_series(1, 10);
        SET LOCAL session_replication_role = replica;
        INSERT INTO messages (id, conversation_id, turn_id, depth, role, status)
        SELECT ('ffff' || substr(gen_random_uuid()::text, 5))::uuid, c.id, gen_random_uuid(), 0, 'USER', 'COMPLETE'
        FROM conversations c, generate_series(1, {MANY // 10}) WHERE c.owner = 'bulk';
        SET LOCAL session_replication_role = origin;
        ANALYZE messages; ANALYZE conversations""")
