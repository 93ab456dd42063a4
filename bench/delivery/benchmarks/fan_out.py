"""One reply that many watch."""

from __future__ import annotations

import math
from contextlib import AsyncExitStack
from typing import Final

from bench.chart import Chart
from bench.delivery.measurement import Measured, measure
from bench.delivery.rounds import Rounds
from bench.delivery.server_process import peer
from bench.report import Goal, Report

ROUNDS: Final = 5
SECONDS: Final = 3.0
WARM_UP_SECONDS: Final = 5.0

PARLEY, YOGA = "Parley", "yoga"
WAYS: Final = {PARLEY: ("parley", "mirror"), YOGA: ("yoga", "pubsub")}
WATCHERS: Final = (100, 300, 1_000)
DELTAS_PER_SECOND: Final = 20.0

Found = Rounds[tuple[str, int], Measured]

_ABOUT: Final = f"""\
One reply of {DELTAS_PER_SECOND:.0f} deltas/s, watched by many sockets: on Parley's side through the mirror that its log
keeps of a reply, on yoga's through its own publisher (`createPubSub`). *Per core* is deltas brought to a watcher for
each second of the server's CPU time. A delta is as old as the sending of it to all before takes: p50 is about half of a
whole round. Much less than one frame for each delta means that Parley had to join them, for the machine had no time
left: then the figures do not compare."""


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found: Found = Rounds()
    async with AsyncExitStack() as stack:
        peers = {name: await stack.enter_async_context(peer(*command)) for name, command in WAYS.items()}
        for each in peers.values():
            await measure(each, WATCHERS[-1], WARM_UP_SECONDS, DELTAS_PER_SECOND, one_reply=True)
        for _ in range(rounds):
            for watchers in WATCHERS:
                for name, each in peers.items():
                    measured = await measure(each, watchers, seconds, DELTAS_PER_SECOND, one_reply=True)
                    found.add((name, watchers), measured)
                print(".", end="", flush=True)
    print()
    return _report(found)


def _report(found: Found) -> Report:
    most = WATCHERS[-1]
    ratio = found.ratio((PARLEY, most), (YOGA, most), lambda each: each.per_core)
    return Report(
        name="fan-out",
        title="Fan-out",
        about=_ABOUT,
        heads=("", "watchers", "deltas/s/core", "µs/delta", "p50 ms", "p99 ms", "frames for each delta"),
        rows=[_row(found, name, watchers) for name in WAYS for watchers in WATCHERS],
        goals=[Goal(f"at least 1.5 × yoga at {most:,} watchers", f"{ratio:.2f} ×", ratio >= 1.5)],
        charts=[
            Chart(
                name="fan-out-cost",
                title="Server's CPU time for each delta to each watcher",
                x_label="watchers of one reply",
                y_label="µs",
                lines={
                    name: [
                        (watchers, found.median((name, watchers), lambda each: each.cpu_us)) for watchers in WATCHERS
                    ]
                    for name in WAYS
                },
            )
        ],
        figures=[
            {"way": name, "watchers": watchers, **each.figures()}
            for name in WAYS
            for watchers in WATCHERS
            for each in found.of((name, watchers))
        ],
    )


def _row(found: Found, name: str, watchers: int) -> list[str]:
    key = (name, watchers)
    return [
        name,
        f"{watchers:,}",
        f"{found.median(key, lambda each: each.per_core):,.0f}",
        f"{found.median(key, lambda each: each.cpu_us):.1f}",
        f"{found.median(key, lambda each: each.ages.percentile_ms(0.5)):.1f}",
        f"{found.median(key, lambda each: each.ages.percentile_ms(0.99)):.1f}",
        f"{found.median(key, lambda each: each.frames / (each.seen or math.nan)):.2f}",
    ]
