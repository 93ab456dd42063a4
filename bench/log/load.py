"""The load that all ways carry, and what is measured of it."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

DELTAS_PER_SECOND = 50
STAMP_CHARACTERS = 18

Produce = Callable[[int, str], Awaitable[None]]


@dataclass(frozen=True)
class Result:
    seen: int
    sent: int
    latencies_ms: list[float]
    cpu: float

    def percentile(self, share: float) -> float:
        return sorted(self.latencies_ms)[int(len(self.latencies_ms) * share)]


def stamp() -> str:
    return f"{time.time():.6f}".ljust(STAMP_CHARACTERS)


def latencies(text: str) -> list[float]:
    now = time.time()
    return [
        (now - float(text[start : start + STAMP_CHARACTERS])) * 1000 for start in range(0, len(text), STAMP_CHARACTERS)
    ]


async def pace(streams: int, seconds: float, produce: Produce) -> int:
    """Calls `produce` for each stream 50 times a second, the streams evenly spread; returns how often."""

    async def one(number: int) -> None:
        started = time.monotonic() + number / streams / DELTAS_PER_SECOND
        for beat in range(int(seconds * DELTAS_PER_SECOND)):
            await asyncio.sleep(max(0.0, started + beat / DELTAS_PER_SECOND - time.monotonic()))
            await produce(number, stamp())

    await asyncio.gather(*(one(number) for number in range(streams)))
    return streams * int(seconds * DELTAS_PER_SECOND)


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
