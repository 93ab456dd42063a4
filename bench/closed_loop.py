"""Load by a fixed number of clients, each of which asks again as soon as it has its answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

Operation = Callable[[], Awaitable[object]]
Clock = Callable[[], float]
"""CPU seconds that have been used so far."""


@dataclass(frozen=True, slots=True)
class Load:
    """What was measured.

    Args:
        cpu_seconds: by the name of the clock.
        client_cores: of the process that asked; when it comes near to 1, it was the client that was measured.
    """

    latencies_ms: Sequence[float]
    seconds: float
    cpu_seconds: Mapping[str, float]
    client_cores: float

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """The latency that so large a share of them does not exceed; nan where there are none."""
        wanted = max(math.ceil(share * len(self.latencies_ms)), 1)
        return sorted(self.latencies_ms)[wanted - 1] if self.latencies_ms else math.nan

    def cpu_ms(self, clock: str) -> float:
        """For each answer."""
        return 1000 * self.cpu_seconds.get(clock, math.nan) / (len(self.latencies_ms) or math.nan)

    def figures(self) -> dict[str, float]:
        told = {"answers": len(self.latencies_ms), "seconds": self.seconds, "client_cores": self.client_cores}
        told |= {"p50_ms": self.percentile_ms(0.5), "p99_ms": self.percentile_ms(0.99)}
        return told | {f"{name}_cpu_ms": self.cpu_ms(name) for name in self.cpu_seconds}


async def closed_loop(
    clients: Sequence[Operation],
    seconds: float,
    clocks: Mapping[str, Clock] | None = None,
    *,
    pause_seconds: float = 0.0,
) -> Load:
    """Args:
    clocks: whose time is to be told.
    pause_seconds: of a client between an answer and the next question.
    """
    clocks = clocks or {}
    latencies_ms: list[float] = []
    cpu = {name: clock() for name, clock in clocks.items()}
    own, began = time.process_time(), time.perf_counter()
    end = began + seconds

    async def ask_on(operation: Operation) -> None:
        while (asked := time.perf_counter()) < end:
            await operation()
            latencies_ms.append(1000 * (time.perf_counter() - asked))
            if pause_seconds:
                await asyncio.sleep(pause_seconds)

    await asyncio.gather(*map(ask_on, clients))
    took = time.perf_counter() - began
    client_cores = (time.process_time() - own) / took
    return Load(latencies_ms, took, {name: clock() - cpu[name] for name, clock in clocks.items()}, client_cores)
