"""asyncio queues within one process: the floor. Nothing survives, and nobody else sees it."""

from __future__ import annotations

import asyncio

from bench.log.load import Result, cpu_seconds, latencies, pace


async def queues(streams: int, seconds: float) -> Result:
    waiting: list[asyncio.Queue[str | None]] = [asyncio.Queue() for _ in range(streams)]
    found: list[float] = []

    async def read(queue: asyncio.Queue[str | None]) -> None:
        while (text := await queue.get()) is not None:
            found.extend(latencies(text))

    async def put(number: int, text: str) -> None:
        waiting[number].put_nowait(text)

    reading = asyncio.gather(*(read(queue) for queue in waiting))
    began = cpu_seconds()
    sent = await pace(streams, seconds, put)
    for queue in waiting:
        queue.put_nowait(None)
    await reading
    return Result(len(found), sent, found, (cpu_seconds() - began) / seconds)
