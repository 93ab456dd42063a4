"""The real supervisor, with workers that do as a test tells them."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from app.listening import reserve

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 30.0
"""Far longer than anything takes; only a broken supervisor is waited for so long."""
URL = "http://there:8000"


class ScriptedWorker:
    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self._reader = reader
        self._writer = writer

    def tell(self, order: str) -> None:
        self._writer.write(f"{order}\n".encode())

    async def hears(self) -> str:
        """The next thing; empty when it has ended."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return (await self._reader.readline()).decode().strip()

    def close(self) -> None:
        self._writer.close()


class Supervising:
    def __init__(self, process: Process, control: asyncio.Queue[ScriptedWorker]) -> None:
        self.process = process
        self._started = control

    async def started(self) -> ScriptedWorker:
        """The worker that was started next."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self._started.get()

    async def all_serving(self, workers: int) -> list[ScriptedWorker]:
        first = await self.started()
        first.tell("serve")
        serving = [first]
        for _ in range(workers - 1):
            serving.append(await self.started())
            serving[-1].tell("serve")
        await self.says(URL)
        return serving

    async def says(self, text: str) -> str:
        """The next line of its log with that text."""
        assert self.process.stderr
        async with asyncio.timeout(DEADLINE_SECONDS):
            while line := (await self.process.stderr.readline()).decode():
                if text in line:
                    return line
        raise AssertionError(f"ended without saying {text!r}")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def exits(self) -> tuple[int, str]:
        """Its status, and the rest of its log."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            _, log = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, log.decode()


@asynccontextmanager
async def supervising(folder: Path, workers: int, *, program: str = sys.executable) -> AsyncGenerator[Supervising]:
    started: asyncio.Queue[ScriptedWorker] = asyncio.Queue()
    known: list[ScriptedWorker] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known.append(ScriptedWorker(int(await reader.readline()), reader, writer))
        started.put_nowait(known[-1])

    path = folder / "control"
    command = [program, "-m", "tests.supervisor.scripted_worker", str(path)]
    async with await asyncio.start_unix_server(connected, path):
        with reserve("127.0.0.1", 0) as address:
            arguments = [str(workers), str(address.fileno()), URL, "json", "info", *command]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app.supervisor", *arguments),
                cwd=ROOT,
                pass_fds=[address.fileno()],
                stderr=PIPE,
            )
        try:
            yield Supervising(process, started)
        finally:
            if process.returncode is None:
                process.kill()
            for each in known:  # which end when the test has no more to tell them, and with them the log
                each.close()
            await process.communicate()
