"""Trims the log: once a reply has ended and its watchers had time to come back, its text is in its message alone."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from app.log.connection import LOST, Connection, Link
from app.log.statements import TRIM

logger = logging.getLogger("parley.log")

RETENTION = timedelta(hours=24)
BATCH_REPLIES = 50
"""Small, so that a batch is a short transaction and autovacuum follows close behind."""
PAUSE_SECONDS = 0.1
ROUNDS_PER_RETENTION = 24
SHORTEST_ROUND_SECONDS = 1.0


class Retention:
    def __init__(self, link: Link, kept: timedelta) -> None:
        self._link = link
        self._kept = kept
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._trim_forever(), name="log retention")

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._link.close()

    async def trim(self) -> None:
        """Deletes what is older, batch by batch; other processes may do the same at the same time."""
        more = True
        while more:
            more = await self._link.use(self._trim_batch)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _trim_forever(self) -> None:
        pause = max(self._kept.total_seconds() / ROUNDS_PER_RETENTION, SHORTEST_ROUND_SECONDS)
        while True:
            await asyncio.sleep(pause)
            try:
                await self.trim()
            except LOST:
                pass  # there is time
            except Exception:
                logger.exception("log could not be trimmed")

    async def _trim_batch(self, connection: Connection) -> bool:
        """Whether there may be more."""
        status = await connection.execute(TRIM, self._kept, BATCH_REPLIES)
        return status != "DELETE 0"
