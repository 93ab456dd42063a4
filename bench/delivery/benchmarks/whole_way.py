"""From an upstream's chunk to a client's frame, through the log or past it."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.chart import Chart
from bench.delivery.ages import Ages
from bench.delivery.measurement import reply_ids
from bench.delivery.rounds import Rounds
from bench.delivery.server_process import Peer, peer, upstream
from bench.delivery.service import Service, serving
from bench.delivery.upstream import WORDS_PER_SECOND
from bench.delivery.watchers import watching
from bench.report import Goal, Report

ROUNDS: Final = 3
SECONDS: Final = 4.0
SETTLE_SECONDS: Final = 1.0
"""From the last stream's first word until it counts."""
LAST_DELTAS_SECONDS: Final = 30.0
"""How long the first words, or the last, may take."""

PARLEY, RELAY = "Parley", "no log"
STREAMS: Final = (20, 100, 200)

_ABOUT: Final = f"""\
An upstream says {WORDS_PER_SECOND} words a second in each of so many streams. `parley serve` commits them to
PostgreSQL before it shows them, each reply to one subscriber; *no log* is the same edge and the same backend with
nothing in between: what was said is nowhere, and who was not there has missed it. Age is from the upstream's write to
the client's read. CPU is what is spent on a delta: by the server, and in all, with PostgreSQL and the query engine.
Much less than one frame for each delta means that they were joined, for the machine had no time left: then the figures
do not compare."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What came within the seconds that count.

    Args:
        cpu_us: of the server's process, for each delta.
        all_cpu_us: of the database and the query engine, too.
        missed: of all that was ever said.
    """

    ages: Ages
    frames: int
    cpu_us: float
    all_cpu_us: float
    missed: int

    def figures(self) -> dict[str, float]:
        p50, p99 = (self.ages.percentile_ms(share) for share in (0.5, 0.99))
        told = {"seen": len(self.ages), "frames": self.frames, "p50_ms": p50, "p99_ms": p99}
        return {**told, "cpu_us": self.cpu_us, "all_cpu_us": self.all_cpu_us, "missed": self.missed}


@dataclass(frozen=True, slots=True)
class Way:
    port: int
    cpu: Sequence[Callable[[], float]]
    """CPU seconds of the server alone, and with all that belongs to it."""


Found = Rounds[tuple[str, int], Passed]


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found: Found = Rounds()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        source = await stack.enter_async_context(upstream())
        url = f"http://127.0.0.1:{source.port}/v1"
        service = await stack.enter_async_context(serving(url, folder))
        relay = await stack.enter_async_context(peer("relay", url))
        for counts in [False] + [True] * rounds:  # the first one is to warm up
            for streams in STREAMS if counts else STREAMS[:1]:
                passed = {
                    PARLEY: await through(whole(service), source, await service.post(streams), seconds),
                    RELAY: await through(_past(relay), source, reply_ids(streams), seconds),
                }
                for name, each in passed.items() if counts else ():
                    found.add((name, streams), each)
                print(".", end="", flush=True)
    print()
    return _report(found)


def whole(service: Service) -> Way:
    return Way(service.port, (service.cpu_seconds, service.cpu_seconds_with_database))


def _past(relay: Peer) -> Way:
    return Way(relay.port, (relay.cpu_seconds, relay.cpu_seconds))


async def through(
    way: Way, source: Peer, replies: Sequence[str], seconds: float, words_per_second: float = WORDS_PER_SECOND
) -> Passed:
    """Replies that wait for their first word, each watched by one socket from there to its end."""
    async with watching(way.port, replies) as tally:
        async with asyncio.timeout(LAST_DELTAS_SECONDS):
            await source.do("speak", completions=len(replies), words_per_second=words_per_second)
            await tally.all_begun(len(replies))
        await asyncio.sleep(SETTLE_SECONDS)
        tally.ages, frames, began = Ages(), tally.frames, [clock() for clock in way.cpu]
        await asyncio.sleep(seconds)
        ages, tally.ages, frames = tally.ages, Ages(), tally.frames - frames
        spent = [clock() - start for clock, start in zip(way.cpu, began, strict=True)]
        said = (await source.do("stop"))["sent"]
        async with asyncio.timeout(LAST_DELTAS_SECONDS):
            await tally.all_ended()
        cpu_us, all_cpu_us = (1e6 * each / (len(ages) or math.nan) for each in spent)
        return Passed(ages, frames, cpu_us, all_cpu_us, said - tally.deltas)


def _report(found: Found) -> Report:
    most = STREAMS[-1]
    p50, p99 = (found.median((PARLEY, most), figure) for figure in (_p50, _p99))
    cpu = found.ratio((PARLEY, most), (RELAY, most), lambda each: each.all_cpu_us)
    missed = sum(each.missed for name in (PARLEY, RELAY) for streams in STREAMS for each in found.of((name, streams)))
    return Report(
        name="whole-way",
        title="The whole way",
        about=_ABOUT,
        heads=("", "streams", "deltas/s", "p50 ms", "p99 ms", "server, µs CPU/delta", "all", "frames for each delta"),
        rows=[_row(found, name, streams) for name in (PARLEY, RELAY) for streams in STREAMS],
        goals=[
            Goal(f"p50 at most 3 ms at {most} streams", f"{p50:.1f} ms", p50 <= 3),
            Goal(f"p99 at most 15 ms at {most} streams", f"{p99:.1f} ms", p99 <= 15),
            Goal("at most 1.5 × the CPU that it takes without a log", f"{cpu:.2f} ×", cpu <= 1.5),
            Goal("nothing is missed", f"{missed:,} deltas", missed == 0),
        ],
        charts=[
            _chart(found, "whole-way-age", "Age of text at the client, 99th percentile", "ms", _p99),
            _chart(found, "whole-way-cost", "CPU time for each delta, database included", "µs", _all_cpu_us),
        ],
        figures=[
            {"way": name, "streams": streams, **each.figures()}
            for name in (PARLEY, RELAY)
            for streams in STREAMS
            for each in found.of((name, streams))
        ],
    )


def _row(found: Found, name: str, streams: int) -> list[str]:
    key = (name, streams)
    return [
        name,
        str(streams),
        f"{streams * WORDS_PER_SECOND:,}",
        f"{found.median(key, _p50):.2f}",
        f"{found.median(key, _p99):.2f}",
        f"{found.median(key, lambda each: each.cpu_us):.0f}",
        f"{found.median(key, _all_cpu_us):.0f}",
        f"{found.median(key, lambda each: each.frames / (len(each.ages) or math.nan)):.2f}",
    ]


def _chart(found: Found, name: str, title: str, unit: str, figure: Callable[[Passed], float]) -> Chart:
    lines = {way: [(streams, found.median((way, streams), figure)) for streams in STREAMS] for way in (PARLEY, RELAY)}
    return Chart(name, title, f"streams of {WORDS_PER_SECOND} deltas/s", unit, lines)


def _p50(each: Passed) -> float:
    return each.ages.percentile_ms(0.5)


def _p99(each: Passed) -> float:
    return each.ages.percentile_ms(0.99)


def _all_cpu_us(each: Passed) -> float:
    return each.all_cpu_us
