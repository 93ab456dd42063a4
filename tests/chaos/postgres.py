"""A PostgreSQL that may be killed: the embedded programs, without the supervisor that would start it again."""

from __future__ import annotations

import asyncio
import secrets
import signal
import subprocess
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import asyncpg
import psutil

from app.storage.embedded import programs
from app.storage.postgres_cluster import SETTINGS, SUPERUSER, Account, PostgresCluster, environment
from tests.e2e.process import free_port

DEADLINE_SECONDS: Final = 30.0
DATABASE: Final = "chaos"
FAST_SHUTDOWN: Final = signal.SIGINT
ACCESS: Final = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Postgres:
    """Servers reach it as in production, over TCP and with a password; the harness by a socket in a private folder."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._log = folder / "postgres.log"
        self._cluster = PostgresCluster(folder / "cluster", programs())
        self._account = Account()
        self._password = secrets.token_urlsafe(16)
        self._postmaster: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int:
        assert self._postmaster, "not started"
        return self._postmaster.pid

    async def create(self) -> None:
        """Makes the cluster and the database, and starts."""
        self._account = await asyncio.to_thread(self._cluster.prepare)
        (self._cluster.directory / "pg_hba.conf").write_text(ACCESS)
        await self.start()
        async with self.connection("postgres") as sql:
            await sql.execute(f"ALTER USER {SUPERUSER} PASSWORD '{self._password}'")
            await sql.execute(f"CREATE DATABASE {DATABASE}")

    async def start(self) -> None:
        """Returns when it takes connections."""
        settings = {
            **SETTINGS,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._cluster.directory),
        }
        with self._log.open("ab") as log:
            self._postmaster = subprocess.Popen(  # noqa: ASYNC220 - uvloop cannot start a process as another user
                [
                    self._cluster.programs / "postgres",
                    "-D",
                    self._cluster.directory,
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=self._account.groups,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the harness
            )
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not self._is_ready():
                assert self._postmaster.poll() is None, f"PostgreSQL does not start: see {self._log}"
                await asyncio.sleep(0.01)

    def _is_ready(self) -> bool:
        file = self._cluster.postmaster_pid()
        return bool(file and file.ready and file.pid == self.pid)

    async def stop(self) -> None:
        """As an administrator does: backends are ended, a checkpoint is written."""
        await self._end([self.pid], FAST_SHUTDOWN)

    async def kill(self) -> None:
        """As a crash of all its processes at once: nothing is let finish."""
        backends = [each.pid for each in psutil.Process(self.pid).children(recursive=True)]
        await self._end([self.pid, *backends], signal.SIGKILL)

    async def _end(self, pids: Collection[int], sign: signal.Signals) -> None:
        assert self._postmaster, "not started"
        family = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
        for process in family:
            if process.is_running():
                process.send_signal(sign)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while self._postmaster.poll() is None or any(process.is_running() for process in family[1:]):
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def connection(self, database: str = DATABASE) -> AsyncGenerator[Connection]:
        host = quote(str(self._cluster.directory), safe="")
        connection: Connection = await asyncpg.connect(f"postgresql://{SUPERUSER}@{host}:{self.port}/{database}")
        try:
            yield connection
        finally:
            await connection.close()

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self.connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return rows

    async def close(self) -> None:
        if self._postmaster and self._postmaster.poll() is None:
            await self.stop()
