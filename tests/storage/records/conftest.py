"""The real Prisma engine on a real PostgreSQL, and for each test an owner in a world of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

import asyncpg
import pytest

from app.chat.changes import NewTurn, Post, StartedTurn
from app.chat.conversations import new_conversation
from app.chat.idempotency import digest
from app.chat.identifiers import (
    ConversationId,
    WriterId,
    new_conversation_id,
    new_message_id,
    new_turn_id,
    new_uuid,
)
from app.chat.paging import Window
from app.log.connection import Connection
from app.storage.client import Database
from app.storage.records import PrismaRecords
from tests.conftest import with_database

DEADLINE_SECONDS = 15
DATABASE = "records"

Posting = Callable[..., Coroutine[Any, Any, StartedTurn]]


@pytest.fixture(scope="session")
async def url(postgres: str, template: str) -> str:
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{template}"')
    await connection.close()
    return with_database(postgres, DATABASE)


@pytest.fixture(scope="session")
async def records(url: str) -> AsyncGenerator[PrismaRecords]:
    database = Database(url)
    await database.connect()
    yield PrismaRecords(database)
    await database.disconnect()


@pytest.fixture
async def sql(url: str) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def writer(sql: Connection) -> WriterId:
    """A writer whose lease holds for as long as any test."""
    return await new_writer(sql)


@pytest.fixture
def owner() -> str:
    return f"owner-{new_uuid()}"


@pytest.fixture
def post(records: PrismaRecords, writer: WriterId, owner: str) -> Posting:
    """Begins a turn of the owner's: `post(content, **Post)`."""

    async def begin(content: str = "Hello", **given: Any) -> StartedTurn:
        given.setdefault("replies", 0)
        return await records.begin_turn(turn(owner, Post(content, **given)), writer)

    return begin


async def new_writer(sql: Connection) -> WriterId:
    writer = WriterId(new_uuid())
    await sql.execute("INSERT INTO writers (id, lease_until) VALUES ($1, now() + interval '1 hour')", writer)
    return writer


def turn(owner: str, post: Post) -> NewTurn:
    """As `Turns` makes it of a post."""
    conversation = None if post.conversation_id else new_conversation(owner)
    return NewTurn(
        id=new_turn_id(),
        owner=owner,
        conversation_id=conversation.id if conversation else post.conversation_id or new_conversation_id(),
        post=post,
        before_ids=tuple(new_message_id() for _ in post.before),
        message_id=new_message_id(),
        reply_ids=tuple(new_message_id() for _ in range(post.replies)),
        model="m" if post.replies else None,
        payload_digest=digest(post),
        conversation=conversation,
    )


async def ended(sql: Connection, started: StartedTurn) -> None:
    """Ends the turn's replies, as the log does."""
    await sql.execute("UPDATE messages SET status = 'COMPLETE' WHERE turn_id = $1", started.message.turn_id)
    await sql.execute("UPDATE turns SET state = 'ENDED' WHERE id = $1", started.message.turn_id)


async def chain(records: PrismaRecords, owner: str, id: ConversationId) -> list[str]:
    """What the selected branch says, from its root to its tip."""
    [conversation] = (await records.conversations(owner, [id])).values()
    assert conversation.tip_id is not None
    page = await records.branch_page(owner, conversation.tip_id, Window(100))
    return [each.text.content for each in page.items]


async def waiting(sql: Connection, count: int) -> None:
    """Returns when that many statements wait for a lock."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (
            await sql.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            < count
        ):
            await asyncio.sleep(0.01)
            await sql.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity of its first look
