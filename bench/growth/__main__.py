"""`python -m bench.growth`: databases of 100, 10,000 and 1,000,000 messages, and from 1 to 1,000 streams.

A database and a server for each size, all of them at once, one at a time under load: all sizes in each round, so that a
drifting machine drifts for all of them; medians of the rounds. The servers have a core to themselves.
"""

from __future__ import annotations

import resource
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bench.chart import Chart
from bench.closed_loop import Load
from bench.command import command
from bench.delivery.benchmarks.whole_way import Passed, through, whole
from bench.delivery.rounds import Rounds
from bench.delivery.server_process import Peer, off_server_core, upstream
from bench.delivery.service import Service, serving
from bench.growth.operations import CONVERSATIONS, MESSAGES, POST, READ, SEARCH, repeat, requests
from bench.postgres import postgres
from bench.report import Goal, Report
from bench.stored_messages import PER_CONVERSATION, RARE_MESSAGES, fill

ROUNDS: Final = 3
SECONDS: Final = 2.0
WARM_UP_SECONDS: Final = 1.0
SIZES: Final = (100, 10_000, 1_000_000)
STREAMS: Final = (1, 10, 100, 1_000)
FEW: Final = 10
"""Streams, where it is the size that changes."""
WORDS_PER_SECOND: Final = 2
TIMES_LONGER: Final = 2
"""Streams are measured: one says so little."""
OPEN_FILES: Final = 10_000

OPERATIONS: Final = (POST, READ, SEARCH)
FLAT: Final = 1.5
LINEAR: Final = 1.2

_ABOUT: Final = f"""\
The same with {SIZES[0]:,} to {SIZES[-1]:,} stored messages, all of one user, in conversations of {PER_CONVERSATION},
the database a fresh one of its own; and with {STREAMS[0]} to {STREAMS[-1]:,} streams of {WORDS_PER_SECOND} words a
second, each to one subscriber, through `parley serve`, log and all. *Post* stores a message in a conversation of its
own; *read* is a page of {CONVERSATIONS} conversations with the last {MESSAGES} messages of each; *search* finds a
word that {RARE_MESSAGES} messages have, whatever the size (a word that half of all have is ranked in half of all:
that grows). One client, on a connection that is kept. *Whole way* is from the upstream's write to the client's read.
CPU for each delta is that of delivery: of the server, and in all, with PostgreSQL and the query engine."""


@dataclass(frozen=True, slots=True)
class Setting:
    service: Service
    requests: dict[str, bytes]


@dataclass(slots=True)
class Found:
    operations: Rounds[tuple[str, int], Load]
    ways: Rounds[tuple[int, int], Passed]
    """By size and number of streams."""


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found = Found(Rounds(), Rounds())
    async with upstream() as source, _settings(source) as settings:
        for setting in settings.values():
            for name in OPERATIONS:
                await repeat(setting.service.port, setting.requests, name, WARM_UP_SECONDS)
            await _pass(setting.service, source, FEW, WARM_UP_SECONDS)
        for _ in range(rounds):
            for name in OPERATIONS:
                for size, setting in settings.items():
                    load = await repeat(setting.service.port, setting.requests, name, seconds)
                    found.operations.add((name, size), load)
                print(".", end="", flush=True)
            for size, streams in _ways():
                passed = await _pass(settings[size].service, source, streams, seconds * TIMES_LONGER)
                found.ways.add((size, streams), passed)
                print(".", end="", flush=True)
    print()
    return _report(found)


@asynccontextmanager
async def _settings(source: Peer) -> AsyncGenerator[dict[int, Setting]]:
    """By size."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(postgres())
        settings: dict[int, Setting] = {}
        urls = {size: await database.database(f"growth_{size}") for size in SIZES}
        for size, url in urls.items():
            await fill(url, size)
        for size, url in urls.items():
            serve = serving(f"http://127.0.0.1:{source.port}/v1", database.folder, url)
            service = await stack.enter_async_context(serve)
            settings[size] = Setting(service, await requests(service.port))
        yield settings


def _ways() -> list[tuple[int, int]]:
    return [*((size, FEW) for size in SIZES[:-1]), *((SIZES[-1], streams) for streams in STREAMS)]


async def _pass(service: Service, source: Peer, streams: int, seconds: float) -> Passed:
    return await through(whole(service), source, await service.post(streams), seconds, WORDS_PER_SECOND)


def _report(found: Found) -> Report:
    return Report(
        name="growth",
        title="Growth",
        about=_ABOUT,
        heads=("", "streams", "post, p50 ms", "read, p50 ms", "search, p50 ms", "whole way, p50 ms", "p99 ms",
               "server, µs CPU/delta", "all", "cores in all"),
        rows=[_row(found, size, streams) for size, streams in _ways()],
        goals=_goals(found),
        charts=_charts(found),
        figures=[
            *(
                {"operation": name, "stored": size, **load.figures()}
                for name, size in found.operations.keys()  # noqa: SIM118
                for load in found.operations.of((name, size))
            ),
            *(
                {"stored": size, "streams": streams, **passed.figures()}
                for size, streams in _ways()
                for passed in found.ways.of((size, streams))
            ),
        ],
    )  # fmt: skip


def _row(found: Found, size: int, streams: int) -> list[str]:
    way = (size, streams)
    told = [f"{found.operations.median((name, size), _p50):.2f}" for name in OPERATIONS]
    return [
        f"{size:,} messages",
        f"{streams:,}",
        *(told if streams == FEW else [""] * len(told)),
        f"{found.ways.median(way, _age):.2f}",
        f"{found.ways.median(way, lambda each: each.ages.percentile_ms(0.99)):.2f}",
        f"{found.ways.median(way, lambda each: each.cpu_us):.0f}",
        f"{found.ways.median(way, _all_cpu_us):.0f}",
        f"{_cores(found, streams):.2f}" if size == SIZES[-1] else "",
    ]


def _goals(found: Found) -> Sequence[Goal]:
    least, most = SIZES[0], SIZES[-1]
    wanted = f"with {most:,} messages at most {FLAT} × what it takes with {least}"
    ratios = {name: found.operations.ratio((name, most), (name, least), _p50) for name in OPERATIONS}
    ratios["whole way"] = found.ways.ratio((most, FEW), (least, FEW), _age)
    ratios["delivery"] = found.ways.ratio((most, FEW), (least, FEW), lambda each: each.cpu_us)
    linear = found.ways.ratio((most, STREAMS[-1]), (most, STREAMS[-2]), _all_cpu_us)
    wanted_of_streams = f"a delta of {STREAMS[-1]:,} streams at most {LINEAR} × the CPU of one of {STREAMS[-2]}"
    return [
        *(Goal(f"{name} {wanted}", f"{ratio:.2f} ×", ratio <= FLAT) for name, ratio in ratios.items()),
        Goal(wanted_of_streams, f"{linear:.2f} ×", linear <= LINEAR),
    ]


def _charts(found: Found) -> list[Chart]:
    lines = {name: [(size, found.operations.median((name, size), _p50)) for size in SIZES] for name in OPERATIONS}
    lines["whole way"] = [(size, found.ways.median((size, FEW), _age)) for size in SIZES]
    return [
        Chart("growth-stored", "An operation, 50th percentile", "stored messages", "ms", lines, log_x=True),
        Chart(
            name="growth-streams",
            title="Processors that streams take, database included",
            x_label=f"streams of {WORDS_PER_SECOND} deltas/s",
            y_label="cores",
            lines={"Parley": [(streams, _cores(found, streams)) for streams in STREAMS]},
            log_x=True,
            log_y=True,
        ),
    ]


def _cores(found: Found, streams: int) -> float:
    return found.ways.median((SIZES[-1], streams), _all_cpu_us) * streams * WORDS_PER_SECOND / 1e6


def _p50(load: Load) -> float:
    return load.percentile_ms(0.5)


def _age(passed: Passed) -> float:
    return passed.ages.percentile_ms(0.5)


def _all_cpu_us(passed: Passed) -> float:
    return passed.all_cpu_us


def _allow_open_files() -> None:
    """Of this process and of those that it starts: a stream is two of them in the server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    _allow_open_files()
    off_server_core()
    command(__doc__ or "", run, ROUNDS, SECONDS)
