"""`parley serve` as a process of its own, as an operator runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

START_DEADLINE_SECONDS = 60
STOP_DEADLINE_SECONDS = 30
PARLEY = Path(sys.executable).with_name("parley")


class ServerProcess:
    """Args:
    folder: where it runs and keeps its data.
    environment: what is set for it; nothing of the test run's environment is, but PATH and what the OS needs.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "server.log"
        self._environment = {
            **bare_environment(folder),
            "PARLEY_PORT": str(self.port),
            "PARLEY_LEASE_SECONDS": "2",
            "PARLEY_GRACE_SECONDS": "0.5",
            "PARLEY_DEMO_WORDS_PER_SECOND": "120",
            **environment,
        }
        self._process: asyncio.subprocess.Process | None = None
        self._family: list[psutil.Process] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def graphql_url(self) -> str:
        return f"{self.url}/graphql"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "not started"
        return self._process

    async def start(self) -> None:
        """Returns when it is ready."""
        with self.log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                PARLEY, "serve", cwd=self.folder, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        async with asyncio.timeout(START_DEADLINE_SECONDS), httpx.AsyncClient() as client:
            while True:
                assert self.process.returncode is None, self.log.read_text()[-3000:]
                try:
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        self._family = psutil.Process(self.process.pid).children(recursive=True)

    async def kill(self) -> None:
        """As a crash: nothing is let finish."""
        self.process.kill()
        await self.process.wait()

    async def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """The exit status after a clean stop."""
        if self.process.returncode is None:
            self.process.send_signal(sign)
        async with asyncio.timeout(STOP_DEADLINE_SECONDS):
            return await self.process.wait()

    def left_behind(self) -> list[str]:
        """Command lines of processes of this machine that were its children or use its folder."""
        children = [each for each in self._family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        users = [each for each in psutil.process_iter() if str(self.folder) in _command_line(each)]
        return sorted({_command_line(each) for each in children + users if each.pid != self.process.pid})


@asynccontextmanager
async def running(folder: Path, **environment: str) -> AsyncGenerator[ServerProcess]:
    server = ServerProcess(folder, **environment)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def bare_environment(folder: Path) -> dict[str, str]:
    """What every program of Parley's needs, and nothing of what the test run happens to have set."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "PARLEY_DATA_DIR": str(folder / "data")}


async def migrate(folder: Path) -> None:
    """Makes the database of a server that is to run in that folder, and leaves it at rest."""
    process = await asyncio.create_subprocess_exec(PARLEY, "migrate", cwd=folder, env=bare_environment(folder))
    assert await process.wait() == 0


async def copy_folder(source: Path, target: Path) -> None:
    """With its owners: under root PostgreSQL runs as somebody else, and reads only what is its own."""
    process = await asyncio.create_subprocess_exec("cp", "-a", f"{source}/.", target)
    assert await process.wait() == 0


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
