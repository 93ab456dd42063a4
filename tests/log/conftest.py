"""Real logs on a real database: `logs` starts as many as a test wants, as processes of their own would."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable

import asyncpg
import pytest

from app.chat.events import CompletionEvent
from app.chat.identifiers import MessageId, WriterId, new_message_id, new_uuid
from app.log.connection import Connection
from app.log.delta_log import DeltaLog

LEASE_SECONDS = 2.0

StartLog = Callable[[], Awaitable[DeltaLog]]
NewReply = Callable[[WriterId], Awaitable[MessageId]]


@pytest.fixture
async def start_log(database_url: str) -> AsyncGenerator[StartLog]:
    started: list[DeltaLog] = []

    async def start() -> DeltaLog:
        log = DeltaLog(database_url, lease_seconds=LEASE_SECONDS)
        await log.start()
        started.append(log)
        return log

    yield start
    for log in started:
        await log.close()


@pytest.fixture
async def sql(database_url: str) -> AsyncGenerator[Connection]:
    """A connection of the test's own, to look and to disturb."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
def new_reply(sql: Connection) -> NewReply:
    """Commits the rows that a turn begins with, and gives the reply's id."""

    async def insert(writer: WriterId) -> MessageId:
        conversation, turn, reply = new_uuid(), new_uuid(), new_message_id()
        async with sql.transaction():
            await sql.execute("INSERT INTO conversations (id, owner) VALUES ($1, 'local')", conversation)
            await sql.execute(
                "INSERT INTO turns (id, conversation_id, owner, state) VALUES ($1, $2, 'local', 'RUNNING')",
                turn,
                conversation,
            )
            await sql.execute(
                "INSERT INTO messages (id, conversation_id, turn_id, depth, role, status, writer_id)"
                " VALUES ($1, $2, $3, 0, 'ASSISTANT', 'STREAMING', $4)",
                reply,
                conversation,
                turn,
                writer,
            )
        return reply

    return insert


async def everything(log: DeltaLog, id: MessageId, after: int = 0) -> list[CompletionEvent]:
    return [event async for event in log.watch(id, after)]


def said(events: list[CompletionEvent]) -> str:
    return "".join(getattr(event, "content", "") for event in events)
