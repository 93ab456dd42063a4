"""How many deltas a core brings to its subscribers, and how old they are when they come."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any, Final

from bench.chart import Chart
from bench.delivery.measurement import Measured, measure
from bench.delivery.rounds import Rounds
from bench.delivery.server_process import peer
from bench.report import Goal, Report

ROUNDS: Final = 3
SECONDS: Final = 1.5
WARM_UP_SECONDS: Final = 3.0
"""Until V8 has compiled what is hot."""

PARLEY, JOINED, YOGA, STRAWBERRY, RAW = "Parley", "Parley, joined", "yoga", "Strawberry", "raw ASGI"
WAYS: Final = {
    PARLEY: ("parley",),
    JOINED: ("parley", "joined"),
    YOGA: ("yoga",),
    STRAWBERRY: ("strawberry",),
    RAW: ("raw_asgi",),
}
MANY: Final = 200
LOADS: Final = (5_000, 10_000, 20_000, 40_000)
"""Deltas/s to MANY sockets."""

HALF: Final = "half"
HALF_CORE_US: Final = 0.5e6
"""Of each second."""
BEARABLE: Final = 0.8
"""A way is not offered more of what it has just shown that it can do: its queue would be measured, and nothing else."""

Found = Rounds[tuple[str, str | int], Measured]

_ABOUT: Final = f"""\
Deltas of 20 characters, each a frame of its own to the same subscription on graphql-transport-ws, made in the server's
process: as many as are taken by 1 and by {MANY} sockets, then at a rate to {MANY} sockets. *Per core* is by the CPU
time that the server took. `Parley, joined` is what Parley does with a reader that is behind: all that waits becomes one
frame. Age is from produced to read by the client. Half load is the rate at which Parley's core is half busy, by what a
delta has just taken at the highest of the rates, for all of them that can bear it: deltas that come one by one take
more than those of which there are always ten. `raw ASGI` writes the same frames without GraphQL, under uvicorn as it
comes. *Client* is the share of its core that the load client used."""


def taken_by(sockets: int) -> str:
    """The name of the load that is as much as so many sockets take."""
    return f"all that {sockets} take"


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found: Found = Rounds()
    async with AsyncExitStack() as stack:
        peers = {name: await stack.enter_async_context(peer(*command)) for name, command in WAYS.items()}
        for each in peers.values():
            await measure(each, MANY, WARM_UP_SECONDS)
        for _ in range(rounds):
            for name, each in peers.items():
                for sockets in (1, MANY):
                    found.add((name, taken_by(sockets)), await measure(each, sockets, seconds))
                print(".", end="", flush=True)
            can = {name: found.of((name, taken_by(MANY)))[-1].per_second for name in WAYS}
            for load in (*LOADS, HALF):
                offered = _half_load(found) if isinstance(load, str) else load
                for name, each in peers.items():
                    certain = load == LOADS[0] or (name, load) == (PARLEY, HALF)
                    if name != JOINED and (certain or offered <= can[name] * BEARABLE):
                        found.add((name, load), await measure(each, MANY, seconds, offered))
                print(".", end="", flush=True)
    print()
    return _report(found)


def _half_load(found: Found) -> float:
    """Deltas/s."""
    highest = max(load for load in LOADS if (PARLEY, load) in found)
    return HALF_CORE_US / found.of((PARLEY, highest))[-1].cpu_us


def _report(found: Found) -> Report:
    half = found.median((PARLEY, HALF), lambda each: each.sent / each.seconds)
    yoga = found.ratio((PARLEY, taken_by(MANY)), (YOGA, taken_by(MANY)), _per_core)
    raw = found.ratio((PARLEY, taken_by(MANY)), (RAW, taken_by(MANY)), _per_core)
    age = found.median((PARLEY, HALF), _p99)
    return Report(
        name="delivery",
        title="Delivery",
        about=_ABOUT,
        heads=("", "1 socket, deltas/s/core", f"{MANY} sockets", "µs/delta", "half load, p50 ms", "p99 ms", "client"),
        rows=[_row(found, name) for name in WAYS],
        goals=[
            Goal(f"at least 1.2 × yoga at {MANY} sockets", f"{yoga:.2f} ×", yoga >= 1.2),
            Goal(f"at least 0.6 × raw ASGI at {MANY} sockets", f"{raw:.2f} ×", raw >= 0.6),
            Goal("p99 of the age at most 5 ms at half load", f"{age:.1f} ms, at {half:,.0f} deltas/s", age <= 5),
        ],
        charts=[_chart(found)],
        figures=[_figures(name, what, each) for name, what in found.keys() for each in found.of((name, what))],  # noqa: SIM118
    )


def _row(found: Found, name: str) -> list[str]:
    one, many, half = (name, taken_by(1)), (name, taken_by(MANY)), (name, HALF)
    ages = [f"{found.median(half, figure):.2f}" if half in found else "" for figure in (_p50, _p99)]
    return [
        name,
        f"{found.median(one, _per_core):,.0f}",
        f"{found.median(many, _per_core):,.0f}",
        f"{found.median(many, lambda each: each.cpu_us):.1f}",
        *ages,
        f"{found.median(many, lambda each: each.client_cores):.2f}",
    ]


def _chart(found: Found) -> Chart:
    return Chart(
        name="delivery-age",
        title=f"Age of text at {MANY} sockets, 99th percentile",
        x_label="deltas/s offered",
        y_label="ms",
        lines={
            name: [(load, found.median((name, load), _p99)) for load in LOADS if (name, load) in found]
            for name in WAYS
            if name != JOINED
        },
        log_y=True,
    )


def _figures(name: str, what: str | int, each: Measured) -> dict[str, Any]:
    return {"way": name, "load": what, **each.figures()}


def _per_core(each: Measured) -> float:
    return each.per_core


def _p50(each: Measured) -> float:
    return each.ages.percentile_ms(0.5)


def _p99(each: Measured) -> float:
    return each.ages.percentile_ms(0.99)
