"""What a post has to write, by asyncpg: one statement, which is one transaction and one round trip."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from app.chat.identifiers import new_conversation_id, new_message_id, new_uuid
from bench.posting.upstream import MODEL

OWNER: Final = "by hand"
LEASE: Final = timedelta(days=1)
"""So that no server ends replies that nobody generates."""

_CONVERSATION: Final = "conversation AS (INSERT INTO conversations (id, owner, title, tip_id) VALUES ($1, $2, $3, $4))"
_MESSAGE: Final = """
message AS (
  INSERT INTO messages (id, conversation_id, turn_id, depth, role, status, content)
  VALUES ($5, $1, $6, 0, 'USER', 'COMPLETE', $3) RETURNING created_at
)"""


def _turn(state: str) -> str:
    return f"""
turn AS (
  INSERT INTO turns (id, conversation_id, owner, state, message_id)
  VALUES ($6, $1, $2, '{state}', $5)
)"""


POST: Final = f"""
WITH {_CONVERSATION}, {_turn("RUNNING")}, {_MESSAGE},
reply AS (
  INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, model, writer_id)
  VALUES ($4, $1, $5, $6, 1, 'ASSISTANT', 'STREAMING', '{MODEL}', $7)
)
SELECT created_at FROM message"""
POST_MESSAGE_ONLY: Final = f"WITH {_CONVERSATION}, {_turn('ENDED')}, {_MESSAGE} SELECT created_at FROM message"


class ByHand:
    def __init__(self, connection: asyncpg.Connection[asyncpg.Record], writer: UUID, content: str) -> None:
        self._connection = connection
        self._writer = writer
        self._content = content

    async def post(self) -> object:
        """A conversation with a message and a reply to it that is to be generated."""
        reply = new_message_id()
        return await self._connection.fetchval(POST, *self._rows(reply, new_message_id()), self._writer)

    async def post_message_only(self) -> object:
        message = new_message_id()
        return await self._connection.fetchval(POST_MESSAGE_ONLY, *self._rows(message, message))

    def _rows(self, tip: UUID, message: UUID) -> tuple[object, ...]:
        return (new_conversation_id(), OWNER, self._content, tip, message, new_uuid())


@asynccontextmanager
async def by_hand(database_url: str, number: int, content: str) -> AsyncGenerator[list[ByHand]]:
    """So many connections."""
    pool = await asyncpg.create_pool(database_url, min_size=number, max_size=number)
    async with pool:
        connections = [await pool.acquire() for _ in range(number)]
        writer = new_uuid()
        await connections[0].execute("INSERT INTO writers (id, lease_until) VALUES ($1, now() + $2)", writer, LEASE)
        try:
            yield [ByHand(connection, writer, content) for connection in connections]  # type: ignore[arg-type]
        finally:
            for connection in connections:
                await pool.release(connection)
