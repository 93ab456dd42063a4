"""A peer as a process on a core of its own, seen from the load client's side."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import psutil

from bench.delivery.install import YOGA_FOLDER
from bench.npm_packages import environment

START_DEADLINE_SECONDS: Final = 60.0
_PEERS: Final = Path(__file__).parent / "peers"
_SCHEMA: Final = Path(__file__).parents[2] / "schema.graphql"


class Peer:
    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._ps = psutil.Process(process.pid)
        self.port = port

    async def do(self, what: str, **order: Any) -> dict[str, Any]:
        """As of bench.delivery.control."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": what, **order}).encode() + b"\n")
        return await _answer(self._process)

    def cpu_seconds(self) -> float:
        times = self._ps.cpu_times()
        return float(times.user + times.system)

    def own_bytes(self) -> int:
        """Memory that it shares with no other process."""
        return int(self._ps.memory_full_info().uss)


@asynccontextmanager
async def peer(name: str, *arguments: str) -> AsyncGenerator[Peer]:
    """On the server's core.

    Args:
        name: `yoga`, or a module of bench.delivery.peers.
    """
    command, folder = python(f"bench.delivery.peers.{name}"), Path()
    if name == "yoga":
        shutil.copy(_PEERS / "yoga.mjs", YOGA_FOLDER)
        command, folder = ["node", "yoga.mjs", str(_SCHEMA)], YOGA_FOLDER
    async with running([*command, *arguments], folder, on_server_core) as process:
        yield process


@asynccontextmanager
async def upstream() -> AsyncGenerator[Peer]:
    """bench.delivery.upstream, beside the load client."""
    async with running(python("bench.delivery.upstream"), Path(), off_server_core) as process:
        yield process


def python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


@asynccontextmanager
async def running(command: list[str], folder: Path, place: Callable[[], None] | None) -> AsyncGenerator[Peer]:
    """Args:
    place: called in the new process before the program; None leaves it where this process may run.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**environment(), "NODE_ENV": "production"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=place,
    )
    try:
        async with asyncio.timeout(START_DEADLINE_SECONDS):
            port = (await _answer(process))["port"]
        yield Peer(process, port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answer(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout
    line = await process.stdout.readline()
    assert line, "a peer has ended"
    answer: dict[str, Any] = json.loads(line)
    return answer


@cache
def _cores() -> tuple[set[int], set[int]]:
    """The server's core, and all others where there are any; as this process found them when it first asked."""
    cores = os.sched_getaffinity(0)
    return {min(cores)}, cores - {min(cores)} or cores


def on_server_core(process: int = 0) -> None:
    """Puts a process, by default this one, on the core that is the server's alone; where that cannot be, nowhere."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process, _cores()[0])


def off_server_core() -> None:
    """Puts this process on all others. To be called before any other process is started."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, _cores()[1])
