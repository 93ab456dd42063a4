"""What is broken on purpose: two servers, their PostgreSQL and their upstream, each a process of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from tests.chaos.postgres import Postgres
from tests.e2e.process import ServerProcess
from tests.upstream.process import Upstream, run_upstream

LEASE_SECONDS: Final = 2.0
GRACE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Deployment:
    postgres: Postgres
    upstream: Upstream
    servers: tuple[ServerProcess, ServerProcess]

    def ports_to_postgres(self, process: psutil.Process) -> list[int]:
        """The local ports of a process's database connections."""
        return [
            each.laddr.port
            for each in process.net_connections("tcp")
            if each.raddr and each.raddr.port == self.postgres.port
        ]

    async def backends(self, process: psutil.Process, application_name: str = "%") -> list[int]:
        """PostgreSQL's own processes for the connections of one of ours."""
        rows = await self.postgres.fetch(
            "SELECT pid FROM pg_stat_activity WHERE client_port = ANY ($1::int[]) AND application_name LIKE $2",
            self.ports_to_postgres(process),
            application_name,
        )
        return [row["pid"] for row in rows]


def process_of(server: ServerProcess) -> psutil.Process:
    return psutil.Process(server.process.pid)


def engine_of(server: ServerProcess) -> psutil.Process:
    """The query engine, the only child that a server has."""
    (engine,) = process_of(server).children()
    return engine


@asynccontextmanager
async def deployed(folder: Path) -> AsyncGenerator[Deployment]:
    """Everything up; at the end all of it is stopped."""
    postgres = Postgres(folder)
    try:
        await postgres.create()
        async with run_upstream() as upstream:
            one, other = (_server(folder / name, postgres, upstream) for name in ("one", "other"))
            try:
                await one.start()
                await other.start()
                yield Deployment(postgres, upstream, (one, other))
            finally:
                for server in (one, other):
                    await _end(server)
    finally:
        await postgres.close()


def _server(folder: Path, postgres: Postgres, upstream: Upstream) -> ServerProcess:
    folder.mkdir()
    environment: dict[str, Any] = {
        "DATABASE_URL": postgres.url,
        "OPENAI_BASE_URL": upstream.base_url,
        "OPENAI_API_KEY": "chaos",
        "PARLEY_LEASE_SECONDS": str(LEASE_SECONDS),
        "PARLEY_GRACE_SECONDS": str(GRACE_SECONDS),
        "PARLEY_LOG_FORMAT": "json",
    }
    return ServerProcess(folder, **environment)


async def _end(server: ServerProcess) -> None:
    """Whatever state a failed round has left it in."""
    try:
        process = process_of(server)
    except (AssertionError, psutil.NoSuchProcess):
        return
    process.kill()
    await server.process.wait()
