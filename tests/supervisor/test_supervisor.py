"""Workers start together, die alone, and stop together."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.supervisor.supervisor import FIRST_DELAY_SECONDS
from tests.supervisor.supervising import URL, supervising

SUPERVISOR = ("supervisor.__main__", "supervisor.supervisor", "supervisor.worker")


async def test_the_first_worker_starts_alone_and_the_address_is_told_once_when_all_serve(tmp_path: Path) -> None:
    async with supervising(tmp_path, 3) as supervisor:
        first = await supervisor.started()
        assert [each.pid for each in psutil.Process(supervisor.process.pid).children()] == [first.pid]
        first.tell("serve")
        others = [await supervisor.started(), await supervisor.started()]
        for worker in others:
            worker.tell("serve")
        assert '"workers": 3' in await supervisor.says(URL)
        supervisor.signal(signal.SIGTERM)
        for worker in (first, *others):
            worker.tell("exit 0")
        status, log = await supervisor.exits()
        assert (status, URL in log) == (0, False)


@pytest.mark.parametrize("order", ["exit 3", "exit 0"])
async def test_a_first_worker_that_does_not_come_to_serve_ends_the_start(tmp_path: Path, order: str) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        (await supervisor.started()).tell(order)
        status, log = await supervisor.exits()
        assert status == 1
        assert f"a worker did not start: {order.replace('exit', 'exit status')}" in log


async def test_so_does_one_that_the_system_does_not_start(tmp_path: Path) -> None:
    async with supervising(tmp_path, 2, program=str(tmp_path / "nothing")) as supervisor:
        status, log = await supervisor.exits()
        assert (status, log.count("a worker did not start: No such file")) == (1, 1)


async def test_so_does_any_other_and_those_that_serve_are_stopped(tmp_path: Path) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        first = await supervisor.started()
        first.tell("serve")
        (await supervisor.started()).tell("exit 3")
        assert await first.hears() == "SIGTERM"
        first.tell("exit 0")
        status, log = await supervisor.exits()
        assert (status, URL in log) == (1, False)


async def test_a_worker_that_dies_is_replaced_and_the_others_are_left_in_peace(tmp_path: Path) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        one, other = await supervisor.all_serving(2)
        os.kill(one.pid, signal.SIGKILL)
        assert '"worker": 1' in await supervisor.says("killed by SIGKILL")
        successor = await supervisor.started()
        successor.tell("serve")
        await supervisor.says("serves again")
        running = {each.pid for each in psutil.Process(supervisor.process.pid).children()}
        assert running == {other.pid, successor.pid}
        supervisor.signal(signal.SIGTERM)
        assert await other.hears() == await successor.hears() == "SIGTERM"  # and nothing before it
        other.tell("exit 0")
        successor.tell("exit 0")
        assert (await supervisor.exits())[0] == 0


async def test_one_that_dies_again_and_again_is_waited_for_longer_and_longer(tmp_path: Path) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        one, other = await supervisor.all_serving(2)
        began = time.monotonic()
        one.tell("exit 1")
        for _ in range(3):
            one = await supervisor.started()
            one.tell("exit 1")
        one = await supervisor.started()
        assert time.monotonic() - began > (1 + 2 + 4 + 8) * FIRST_DELAY_SECONDS
        one.tell("exit 1")
        for _ in range(5):
            await supervisor.says("exit status 1")
        supervisor.signal(signal.SIGTERM)  # while it waits
        assert await other.hears() == "SIGTERM"
        other.tell("exit 0")
        assert (await supervisor.exits())[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_all_and_a_second_one_hurries_them(tmp_path: Path, number: signal.Signals) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        workers = await supervisor.all_serving(2)
        supervisor.signal(number)
        assert [await worker.hears() for worker in workers] == ["SIGTERM", "SIGTERM"]
        supervisor.signal(number)
        assert [await worker.hears() for worker in workers] == ["hurry", "hurry"]
        for worker in workers:
            worker.tell("exit 0")
        assert (await supervisor.exits())[0] == 0


async def test_a_worker_that_does_not_end_well_is_told_by_the_exit_status(tmp_path: Path) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        one, other = await supervisor.all_serving(2)
        supervisor.signal(signal.SIGTERM)
        assert await one.hears() == await other.hears() == "SIGTERM"
        os.kill(one.pid, signal.SIGKILL)
        await supervisor.says("a worker did not end well: killed by SIGKILL")
        other.tell("exit 0")
        assert (await supervisor.exits())[0] == 1


async def test_a_stop_during_the_start_is_a_clean_one(tmp_path: Path) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        first = await supervisor.started()
        supervisor.signal(signal.SIGTERM)
        assert await first.hears() == "SIGTERM"
        first.tell("serve")  # too late: nobody is to follow
        first.tell("exit 0")
        status, log = await supervisor.exits()
        assert (status, "a worker" in log, URL in log) == (0, False, False)


async def test_workers_notice_that_their_supervisor_was_killed(tmp_path: Path) -> None:
    async with supervising(tmp_path, 2) as supervisor:
        workers = await supervisor.all_serving(2)
        supervisor.process.kill()
        assert await asyncio.gather(*(worker.hears() for worker in workers)) == ["alone", "alone"]


async def test_workers_are_out_of_reach_of_a_terminal(tmp_path: Path) -> None:
    """Its Ctrl-C goes to every process of a group: they would have it from there and from the supervisor."""
    async with supervising(tmp_path, 2) as supervisor:
        for worker in await supervisor.all_serving(2):
            assert os.getsid(worker.pid) == worker.pid != os.getsid(supervisor.process.pid)


def test_the_supervisor_loads_next_to_nothing() -> None:
    program = "import sys, app.supervisor.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in loaded if name.startswith("app.")}
    assert ours == {f"app.{name}" for name in ("logs", "supervisor", *SUPERVISOR)}
    assert not {"asyncpg", "fastapi", "graphql", "prisma", "pydantic", "strawberry", "uvicorn", "uvloop"} & set(loaded)
