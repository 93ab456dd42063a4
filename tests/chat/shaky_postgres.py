"""A PostgreSQL of a test's own that goes away and comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

import asyncpg

from app.storage.embedded import EmbeddedPostgres
from app.storage.migrate import migrate_deploy


class ShakyPostgres:
    """Migrated, at `url` whenever it is there.

    `async with` starts it and stops it.
    """

    url: str

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embedded: EmbeddedPostgres | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        await migrate_deploy(self.url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        if self._embedded is None:
            self._embedded = EmbeddedPostgres(self._folder)
            self.url = await asyncio.to_thread(self._embedded.start)

    async def stop(self) -> None:
        """Ends every connection at once, also those in the midst of a statement."""
        if self._embedded is not None:
            embedded, self._embedded = self._embedded, None
            await asyncio.to_thread(embedded.stop)

    async def cut(self, *, only_waiting: bool = False) -> None:
        """Ends every connection, or those that wait for a lock; new ones can be made at once."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND (NOT $1 OR wait_event_type = 'Lock')",
                only_waiting,
            )
        finally:
            await connection.close()
