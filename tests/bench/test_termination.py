from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

DEADLINE_SECONDS = 60.0


def descendants(process: psutil.Process) -> set[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return set(process.children(recursive=True))
    return set()


def is_relay(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "bench.delivery.peers.relay" in process.cmdline()
    return False


def runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_benchmark_that_is_ended_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    """Of all that one starts: an upstream, a relay, `parley serve`, its query engine and its database."""
    command = ["-m", "bench.delivery", "whole-way", "--results", str(tmp_path)]
    benchmark = await asyncio.create_subprocess_exec(sys.executable, *command, stderr=asyncio.subprocess.DEVNULL)
    process = psutil.Process(benchmark.pid)
    started: set[psutil.Process] = set()
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not any(map(is_relay, started)):  # which is the last
                await asyncio.sleep(0.05)
                started |= descendants(process)
            benchmark.send_signal(number)
            await benchmark.wait()
            while any(map(runs, started)):
                await asyncio.sleep(0.05)
    finally:
        for each in [process, *started]:
            if runs(each):
                each.kill()
        await benchmark.wait()
