"""Waiting for replies that the load has left behind."""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg

from app.api.identity import LOCAL

ALL_ENDED_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.05
_IN_FLIGHT: Final = """
SELECT EXISTS (
  SELECT FROM messages m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.status IN ('QUEUED', 'STREAMING') AND c.owner = $1
)
"""


async def all_ended(database_url: str) -> None:
    """Of the local user, so that none is generated while something else is measured.

    Raises:
        TimeoutError: one goes on.
    """
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(ALL_ENDED_SECONDS):
            while await connection.fetchval(_IN_FLIGHT, LOCAL.owner):  # noqa: ASYNC110 - PostgreSQL tells of no end
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        await connection.close()
