"""What the operating system says of processes."""

from __future__ import annotations

import asyncio
from typing import Any

import psutil


def pid_of(client: Any) -> int:
    """Of the engine that a client has at the moment."""
    pid = client._internal_engine.pid
    assert isinstance(pid, int)
    return pid


def is_running(pid: int) -> bool:
    """Whether it runs; one that is dead and waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def has_gone(pid: int, *, within_seconds: float = 5) -> None:
    async with asyncio.timeout(within_seconds):
        while is_running(pid):
            await asyncio.sleep(0.01)
