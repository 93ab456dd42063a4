"""How a server that has a supervisor ends: when it is told to, and when it is alone."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

DEADLINE_SECONDS = 20
ROOT = Path(__file__).parents[2]


@dataclass
class Supervised:
    process: Process
    port: int
    line: socket.socket
    """The supervisor's end."""

    async def says(self, *words: str) -> bool:
        """Whether these are its next words."""
        assert self.process.stdout
        async with asyncio.timeout(DEADLINE_SECONDS):
            said = [(await self.process.stdout.readline()).decode().strip() for _ in words]
        assert said == list(words)
        return True

    async def hears(self) -> bytes:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await asyncio.get_running_loop().sock_recv(self.line, 100)

    async def answers(self) -> bool:
        """Whether it serves a request that comes now."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
        return b"ended" in answer

    async def exits(self) -> int:
        return await asyncio.wait_for(self.process.wait(), DEADLINE_SECONDS)

    def finish(self) -> None:
        """Lets a drain that asks return."""
        assert self.process.stdin
        self.process.stdin.write(b"\n")


@pytest.fixture
async def supervised(request: pytest.FixtureRequest, loop_name: str) -> AsyncGenerator[Supervised]:
    """A server of its own process, which serves; the parameter is how its drain behaves."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours:
        with theirs:
            arguments = [getattr(request, "param", "asks"), loop_name, str(theirs.fileno())]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.server.supervised_server", *arguments),
                cwd=ROOT,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                pass_fds=[theirs.fileno()],
            )
        assert process.stdout
        port = int(await asyncio.wait_for(process.stdout.readline(), DEADLINE_SECONDS))
        server = Supervised(process, port, ours)
        assert await server.hears() == b"serves"
        try:
            yield server
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def test_what_it_says_is_true(supervised: Supervised) -> None:
    assert await supervised.answers()
    supervised.process.terminate()  # and the signal is heeded already
    assert await supervised.says("draining")
    supervised.finish()
    assert await supervised.says("drained", "stopped")
    assert await supervised.exits() == 0


async def test_signals_that_come_from_more_than_one_side_do_not_hurry_it(supervised: Supervised) -> None:
    """A service manager signals every process, and the supervisor passes on what it has had."""
    supervised.process.send_signal(signal.SIGTERM)
    assert await supervised.says("draining")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):
        supervised.process.send_signal(number)
    assert await supervised.answers()  # by then it has had them
    supervised.finish()
    assert await supervised.says("drained", "stopped")
    assert await supervised.exits() == 0


@pytest.mark.parametrize("supervised", ["waits"], indirect=True)
async def test_its_supervisor_can_hurry_it(supervised: Supervised) -> None:
    supervised.process.terminate()
    assert await supervised.says("draining")
    supervised.line.send(b"hurry")
    assert await supervised.says("cancelled", "hurried", "stopped")
    assert await supervised.exits() == 0


async def test_without_its_supervisor_it_lets_finish_what_runs_and_ends(supervised: Supervised) -> None:
    supervised.line.close()
    assert await supervised.says("draining")
    assert await supervised.answers()
    supervised.finish()
    assert await supervised.says("drained", "stopped")
    assert await supervised.exits() == 0


async def test_a_supervisor_that_dies_during_a_stop_does_not_hurry_it(supervised: Supervised) -> None:
    supervised.process.terminate()
    assert await supervised.says("draining")
    supervised.line.close()
    assert await supervised.answers()
    supervised.finish()
    assert await supervised.says("drained", "stopped")
    assert await supervised.exits() == 0
