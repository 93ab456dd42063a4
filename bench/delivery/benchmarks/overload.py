"""More than can be brought as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from bench.chart import Chart
from bench.delivery.ages import Ages
from bench.delivery.measurement import LAST_DELTAS_SECONDS, measure, reply_ids
from bench.delivery.server_process import Peer, peer
from bench.delivery.watchers import Tally, watching
from bench.report import Goal, Report

ROUNDS: Final = 1
SECONDS: Final = 60.0
CAPACITY_SECONDS: Final = 3.0
SOCKETS: Final = 200
TIMES_CAPACITY: Final = 2
LOOK_SECONDS: Final = 1.0
BOUND_BYTES: Final = 64_000_000
"""By which a server may grow under it: what buffers of 200 sockets hold, and nothing that goes on growing."""

PARLEY, YOGA = "Parley", "yoga"
WAYS: Final = {PARLEY: ("parley", "joined"), YOGA: ("yoga",)}

_ABOUT: Final = f"""\
Twice as many deltas as Parley can bring as frames of their own to {SOCKETS} sockets. Parley brings a reader that is
behind all that waits for it as one delta; yoga brings each by itself. What has not arrived {LAST_DELTAS_SECONDS:.0f} s
after the last was produced is counted as not delivered. Memory is the process's own (USS), over that before; the source
keeps only what its reader has not taken."""


@dataclass(slots=True)
class Overloaded:
    """Args:
    ages_ms: of each second the 99th percentile.
    grown_bytes: at the end of each second.
    """

    ages: Ages = field(default_factory=Ages)
    sent: int = 0
    seen: int = 0
    frames: int = 0
    ages_ms: list[float] = field(default_factory=list)
    grown_bytes: list[int] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        p50, p99 = (self.ages.percentile_ms(share) for share in (0.5, 0.99))
        told = {"sent": self.sent, "seen": self.seen, "frames": self.frames, "p50_ms": p50, "p99_ms": p99}
        return {**told, "p99_ms_each_second": self.ages_ms, "grown_bytes_each_second": self.grown_bytes}


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found: dict[str, list[Overloaded]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        offered = await _capacity() * TIMES_CAPACITY
        for name, command in WAYS.items():
            async with peer(*command) as process:
                await measure(process, SOCKETS, CAPACITY_SECONDS)  # warm
                found[name].append(await _overload(process, seconds, offered))
            print(".", end="", flush=True)
    print()
    return _report({name: max(each, key=_p99) for name, each in found.items()}, offered, found)


async def _capacity() -> float:
    async with peer("parley") as process:
        await measure(process, SOCKETS, CAPACITY_SECONDS)
        return (await measure(process, SOCKETS, CAPACITY_SECONDS)).per_core


async def _overload(process: Peer, seconds: float, per_second: float) -> Overloaded:
    found = Overloaded()
    async with watching(process.port, reply_ids(SOCKETS)) as tally:
        await process.do("await", readers=SOCKETS)
        looking = asyncio.create_task(_look(process, tally, found, process.own_bytes()))
        found.sent = (await process.do("run", seconds=seconds, per_second=per_second))["sent"]
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_DELTAS_SECONDS):
                await tally.all_ended()
        looking.cancel()
        found.ages += tally.ages
        found.seen, found.frames = tally.deltas, tally.frames
    return found


async def _look(process: Peer, tally: Tally, found: Overloaded, before_bytes: int) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        ages, tally.ages = tally.ages, Ages()
        found.ages += ages
        found.ages_ms.append(ages.percentile_ms(0.99))
        found.grown_bytes.append(process.own_bytes() - before_bytes)


def _report(worst: Mapping[str, Overloaded], offered: float, found: Mapping[str, list[Overloaded]]) -> Report:
    ours = worst[PARLEY]
    grown, lost, age = max(ours.grown_bytes, default=0), ours.sent - ours.seen, _p99(ours)
    return Report(
        name="overload",
        title="Overload",
        about=_ABOUT,
        heads=("", "offered/s", "not delivered", "deltas in a frame", "p50 ms", "p99 ms", "grown by, MB"),
        rows=[_row(name, each, offered) for name, each in worst.items()],
        goals=[
            Goal("memory is bounded", f"{grown / 1e6:.0f} MB more at most", grown <= BOUND_BYTES),
            Goal("nothing is lost", f"{lost:,} of {ours.sent:,} deltas", lost == 0),
            Goal("p99 of the age at most 1 s", f"{age / 1000:.2f} s", age <= 1000),
        ],
        charts=[
            Chart(
                name="overload-age",
                title="Age of text under twice the capacity, 99th percentile",
                x_label="seconds",
                y_label="ms",
                lines={name: [*enumerate(each.ages_ms, 1)] for name, each in worst.items()},
                log_y=True,
            ),
            Chart(
                name="overload-memory",
                title="Memory under twice the capacity, over that before",
                x_label="seconds",
                y_label="MB",
                lines={
                    name: [(at, grown / 1e6) for at, grown in enumerate(each.grown_bytes, 1)]
                    for name, each in worst.items()
                },
            ),
        ],
        figures=[{"way": name, **each.figures()} for name, rounds in found.items() for each in rounds],
    )


def _row(name: str, each: Overloaded, offered: float) -> list[str]:
    return [
        name,
        f"{offered:,.0f}",
        f"{each.sent - each.seen:,}",
        f"{each.seen / each.frames:.1f}",
        f"{each.ages.percentile_ms(0.5):.0f}",
        f"{_p99(each):.0f}",
        f"{max(each.grown_bytes, default=0) / 1e6:.0f}",
    ]


def _p99(each: Overloaded) -> float:
    return each.ages.percentile_ms(0.99)
