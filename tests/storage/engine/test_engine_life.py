"""The engine serves its parent and nobody else, wherever that runs, and no longer than that lives."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from prisma.engine.errors import AlreadyConnectedError, EngineConnectionError
from prisma.errors import ClientNotConnectedError

from app.storage.client import Database
from app.storage.node import find_node
from tests.storage.engine.process_state import has_gone, is_running, pid_of
from tests.storage.engine.server import Server

ROOT = Path(__file__).parents[3]

# Prints the engine's pid, then does what it is told to on its standard input.
PARENT = """
import asyncio, os, signal, sys, time
from app.storage.client import Database

async def main(url):
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: print("SIGINT", flush=True))
    db = Database(url)
    await db.connect()
    print(db._internal_engine.pid, flush=True)
    for order in iter(sys.stdin.readline, ""):
        match order.strip():
            case "fork":
                if os.fork() == 0:
                    time.sleep(30)
                    os._exit(0)
                print("forked", flush=True)
            case "query":
                await asyncio.sleep(0.05)  # for a signal to be handled
                print((await db.query_first("SELECT 42 AS answer"))["answer"], flush=True)
            case "forget":
                return os._exit(3)
            case "disconnect":
                await db.disconnect()
                print("disconnected", flush=True)
                return

asyncio.run(main(sys.argv[1]))
"""


class Parent:
    """A process with an engine, in a process group of its own."""

    def __init__(self, process: asyncio.subprocess.Process, engine_pid: int) -> None:
        self.process = process
        self.engine_pid = engine_pid

    async def do(self, order: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n".encode())
        return await self.line()

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(10):
            return (await self.process.stdout.readline()).decode().strip()


@asynccontextmanager
async def running_parent(server: Server, folder: Path, **environment: str) -> AsyncIterator[Parent]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PARENT,
        server.url(),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        parent = Parent(process, 0)
        parent.engine_pid = int(await parent.line())
        yield parent
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def test_engine_dies_with_a_parent_that_was_killed(postgres: Server, tmp_path: Path) -> None:
    async with running_parent(postgres, tmp_path) as parent:
        os.kill(parent.process.pid, signal.SIGKILL)
        await has_gone(parent.engine_pid, within_seconds=1)


async def test_engine_dies_with_its_parent_even_if_the_parent_has_forked(postgres: Server, tmp_path: Path) -> None:
    async with running_parent(postgres, tmp_path) as parent:
        assert await parent.do("fork") == "forked"
        assert await parent.do("query") == "42"
        (child,) = (
            process for process in psutil.Process(parent.process.pid).children() if process.pid != parent.engine_pid
        )
        os.kill(parent.process.pid, signal.SIGKILL)
        await has_gone(parent.engine_pid, within_seconds=0.9)  # by the end of the socket, sooner than by the check
        assert is_running(child.pid)
        child.kill()


async def test_engine_dies_with_a_parent_that_exits_without_a_word(postgres: Server, tmp_path: Path) -> None:
    async with running_parent(postgres, tmp_path) as parent:
        await parent.do("forget")
        await has_gone(parent.engine_pid, within_seconds=1)


async def test_ctrl_c_in_a_terminal_leaves_the_engine_to_its_parent(postgres: Server, tmp_path: Path) -> None:
    async with running_parent(postgres, tmp_path) as parent:
        os.killpg(parent.process.pid, signal.SIGINT)
        os.kill(parent.engine_pid, signal.SIGINT)
        assert await parent.do("query") == "SIGINT"
        assert await parent.line() == "42"
        assert is_running(parent.engine_pid)
        assert await parent.do("disconnect") == "disconnected"
        assert not is_running(parent.engine_pid)
        assert await parent.process.wait() == 0


async def test_works_in_any_directory_with_nothing_but_node_on_the_path(postgres: Server, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "node").symlink_to(find_node())
    cellar = tmp_path / "somewhere else"
    cellar.mkdir()
    (cellar / ".env").write_text("DATABASE_URL=postgresql://nobody@nowhere/nothing\n")
    (cellar / "pyproject.toml").write_text("[tool.prisma]\nexpected_engine_version = 'another'\n")
    environment = {
        "PATH": str(programs),
        "DATABASE_URL": "postgresql://nobody@nowhere/nothing",
        "NODE_OPTIONS": "--no-such-option",
        "HOME": str(tmp_path / "no such home"),
    }
    async with running_parent(postgres, cellar, **environment) as parent:
        assert await parent.do("query") == "42"
        assert await parent.do("disconnect") == "disconnected"
    assert sorted(path.name for path in cellar.iterdir()) == [".env", "pyproject.toml"]


def listening_sockets() -> set[str]:
    """The inodes of the Unix sockets that somebody could connect to."""
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return {inode for _, _, _, flags, _, _, inode, *_ in lines if flags == "00010000"}


def sockets_of(pid: int) -> set[str]:
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    return {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}


async def test_engine_cannot_be_reached_by_anybody_else(postgres: Server) -> None:
    async with Database(postgres.url()) as db:
        engine = psutil.Process(pid_of(db))
        assert not [c for c in engine.net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert not sockets_of(engine.pid) & listening_sockets()
        assert sockets_of(engine.pid)
        secrets = " ".join(engine.cmdline()) + " ".join(engine.environ().values())
        assert postgres.url() not in secrets
        assert engine.ppid() == os.getpid()


async def test_disconnect_waits_for_requests_under_way(postgres: Server) -> None:
    db = Database(postgres.url())
    await db.connect()
    pid = pid_of(db)
    slow = asyncio.create_task(db.query_first("SELECT 42 AS answer FROM pg_sleep(0.3)"))
    await asyncio.sleep(0)
    await db.disconnect()
    assert await slow == {"answer": 42}
    assert not is_running(pid)


async def test_disconnect_waits_for_transactions_under_way(postgres: Server) -> None:
    db = Database(postgres.url())
    await db.connect()
    transaction = db.tx()
    tx = await transaction.start()
    await tx.execute_raw("CREATE TABLE IF NOT EXISTS made_while_leaving (id int)")
    disconnecting = asyncio.create_task(db.disconnect())
    await asyncio.sleep(0.1)
    assert not disconnecting.done()
    await tx.execute_raw("INSERT INTO made_while_leaving VALUES (1)")
    await transaction.commit()
    started = time.monotonic()
    await disconnecting
    assert time.monotonic() - started < 2
    async with Database(postgres.url()) as after:
        assert await after.query_first("SELECT count(*) AS rows FROM made_while_leaving") == {"rows": 1}
        await after.execute_raw("DROP TABLE made_while_leaving")


async def test_disconnect_does_not_wait_for_ever_and_never_stops_the_event_loop(postgres: Server) -> None:
    db = Database(postgres.url())
    await db.connect()
    pid = pid_of(db)
    endless = asyncio.create_task(db.query_raw("SELECT 1 FROM pg_sleep(60)"))
    longest_gap = 0.0

    async def beat() -> None:
        nonlocal longest_gap
        while True:
            started = time.monotonic()
            await asyncio.sleep(0.01)
            longest_gap = max(longest_gap, time.monotonic() - started)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    await db.disconnect(timeout=timedelta(seconds=0.5))
    beating.cancel()
    assert longest_gap < 0.4
    assert not is_running(pid)
    with pytest.raises(Exception, match="died while"):
        await endless


async def test_client_can_connect_again(postgres: Server) -> None:
    db = Database(postgres.url())
    for _ in range(2):
        await db.connect()
        with pytest.raises(AlreadyConnectedError):
            await db.connect()
        assert await db.query_first("SELECT 1 AS one") == {"one": 1}
        await db.disconnect()
        with pytest.raises(ClientNotConnectedError):
            await db.query_first("SELECT 1 AS one")


async def test_client_that_is_dropped_takes_its_engine_with_it(postgres: Server) -> None:
    db = Database(postgres.url())
    await db.connect()
    pid = pid_of(db)
    del db
    gc.collect()
    await has_gone(pid)


async def test_wrong_url_is_told_at_once(postgres: Server) -> None:
    started = time.monotonic()
    with pytest.raises(EngineConnectionError, match="has to begin with postgresql://"):
        await Database("mysql://localhost/parley").connect()
    assert time.monotonic() - started < 5
