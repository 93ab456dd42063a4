"""A PostgreSQL of a benchmark's own, as `make run` has it: fsync on, and gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil

from app.storage.embedded import EmbeddedPostgres
from app.storage.migrate import migrate_deploy
from bench.delivery.service import at_work_in, family


@dataclass(frozen=True, slots=True)
class Postgres:
    """Args:
    folder: where its data is: so its processes are known.
    """

    folder: Path
    url: str

    async def database(self, name: str) -> str:
        """The URL of a new database with the tables of this release."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()
        url = urlsplit(self.url)._replace(path=f"/{name}").geturl()
        await migrate_deploy(url)
        return url

    def cpu_seconds(self) -> float:
        """Of all its processes, those that have ended, too."""
        total = 0.0
        for each in family(at_work_in(self.folder)):
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total


@asynccontextmanager
async def postgres() -> AsyncGenerator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as name:
        folder = Path(name)
        async with EmbeddedPostgres(folder / "data") as url:
            yield Postgres(folder, url)
