"""How a server ends: what runs is let finish while sockets are open, then they are closed, and the exit status is 0."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

DEADLINE_SECONDS = 20

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    process: Process
    port: int

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def says(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), DEADLINE_SECONDS)).decode().strip()

    async def exits(self) -> int:
        return await asyncio.wait_for(self.process.wait(), DEADLINE_SECONDS)

    @asynccontextmanager
    async def get(self, path: str) -> AsyncGenerator[asyncio.StreamReader]:
        """An open response, read up to the end of its header."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), DEADLINE_SECONDS)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_SECONDS)
            yield reader
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@pytest.fixture
async def running(request: pytest.FixtureRequest, loop_name: str) -> AsyncGenerator[Running]:
    """A server of its own process; the parameter is how its drain behaves."""
    command = [sys.executable, "-m", "tests.server.draining_server", getattr(request, "param", "asks"), loop_name]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    server = Running(process, 0)
    try:
        server.port = int(await server.says())
        async with server.get("/") as answer:
            assert b"ended" in await answer.read()
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def go_on(server: Running) -> None:
    """Lets the drain return."""
    assert server.process.stdin is not None
    server.process.stdin.write(b"\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_drain_comes_before_sockets_close_and_the_exit_is_clean(
    running: Running, number: signal.Signals
) -> None:
    async with running.get("/stream") as stream:
        running.signal(number)
        assert await running.says() == "draining"
        async with running.get("/") as answer:  # new requests are still answered: readiness is one of them
            assert b"ended" in await answer.read()
        go_on(running)
        assert await running.says() == "drained"
        assert b"ended" in await asyncio.wait_for(stream.read(), DEADLINE_SECONDS)  # the stream had its end
    assert await running.says() == "stopped"
    assert await running.exits() == 0


@pytest.mark.parametrize("running", ["waits"], indirect=True)
async def test_a_second_signal_ends_the_grace_period_at_once(running: Running) -> None:
    running.signal(signal.SIGTERM)
    assert await running.says() == "draining"
    running.signal(signal.SIGINT)  # the loop sleeps meanwhile: the signal has to wake it
    assert [await running.says() for _ in range(3)] == ["cancelled", "hurried", "stopped"]
    assert await running.exits() == 0


@pytest.mark.parametrize("running", ["breaks"], indirect=True)
async def test_a_drain_that_breaks_does_not_keep_the_server_from_stopping(running: Running) -> None:
    running.signal(signal.SIGTERM)
    assert [await running.says() for _ in range(2)] == ["draining", "stopped"]
    assert await running.exits() == 0
    assert running.process.stderr is not None
    assert b"broken drain" in await running.process.stderr.read()


async def test_a_connection_that_does_not_end_is_not_waited_for_long(running: Running) -> None:
    async with running.get("/stuck") as stream:
        running.signal(signal.SIGTERM)
        assert await running.says() == "draining"
        go_on(running)
        assert [await running.says() for _ in range(2)] == ["drained", "stopped"]
        assert await running.exits() == 0
        assert b"ended" not in await asyncio.wait_for(stream.read(), DEADLINE_SECONDS)
