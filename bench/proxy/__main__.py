"""`python -m bench.proxy`: streams of 50 chunks through Parley, the LiteLLM proxy, and from the upstream itself.

- many: as many streams as 16 clients can get from an upstream that does not pause; streams/s, and CPU of the proxy for
  each stream.
- few: 10 streams a second from one that says a word every 20 ms; time to the first token, and what of it is added.

All in each round, one after the other, so that a drifting machine drifts for all of them; medians of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from bench.proxy import proxies
from bench.proxy.client import Load, saturate, trickle
from bench.proxy.proxies import Way, cpu_seconds
from bench.proxy.upstream import INSTANT, PACED
from bench.termination import end_as_by_interrupt

CLIENTS: Final = 16
FEW_PER_SECOND: Final = 10.0
WARM_UP_SECONDS: Final = 1.0

Rows = dict[str, list[tuple[Load, Load]]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=float, default=5.0, help="of load per measurement")
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    end_as_by_interrupt()
    rows: Rows = {}
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as name, proxies.upstream() as upstream:
        folder = Path(name)
        with (
            proxies.parley(upstream.url, folder) as parley,
            proxies.litellm(upstream.url, folder, [INSTANT, PACED]) as litellm,
        ):
            ways = {"upstream": upstream, "parley": parley} | ({"litellm": litellm} if litellm else {})
            uvloop.run(_measure(ways, rows, given.rounds, given.seconds))
    _report(rows)
    if "litellm" not in rows:
        print(f"LiteLLM is not installed in {proxies.LITELLM_FOLDER}: `make bench-proxy` brings it")


async def _measure(ways: dict[str, Way], rows: Rows, rounds: int, seconds: float) -> None:
    for way in ways.values():
        await saturate(way.url, INSTANT, CLIENTS, WARM_UP_SECONDS)
        await trickle(way.url, PACED, FEW_PER_SECOND, WARM_UP_SECONDS)
    for _ in range(rounds):
        for name, way in ways.items():
            many = await _with_cpu(way, lambda way=way: saturate(way.url, INSTANT, CLIENTS, seconds))  # type: ignore[misc]
            await asyncio.sleep(0.5)  # what the load has left behind is not to count for the next one
            few = await _with_cpu(way, lambda way=way: trickle(way.url, PACED, FEW_PER_SECOND, seconds))  # type: ignore[misc]
            rows.setdefault(name, []).append((many, few))
            print(".", end="", flush=True)
    print()


async def _with_cpu(way: Way, run: Callable[[], Awaitable[Load]]) -> Load:
    began = cpu_seconds(way)
    load = await run()
    load.cpu_seconds = cpu_seconds(way) - began
    return load


def _report(rows: Rows) -> None:
    heads = ("way", "streams/s", "CPU ms", "streams/CPU s", "first p50", "p99", "added p50", "p99 ms")
    print("{:9} {:>9} {:>7} {:>13} {:>10} {:>6} {:>10} {:>7}".format(*heads))
    direct = rows["upstream"]
    for name, loads in rows.items():
        cpu = median(many.cpu_ms for many, _ in loads)
        added = {
            share: median(
                few.first_token_ms(share) - other.first_token_ms(share)
                for (_, few), (_, other) in zip(loads, direct, strict=True)
            )
            for share in (0.5, 0.99)
        }
        print(
            f"{name:9} {median(many.per_second for many, _ in loads):>9.0f} {cpu:>7.2f}"
            f" {1000 / cpu if cpu else float('nan'):>13.0f}"
            f" {median(few.first_token_ms(0.5) for _, few in loads):>10.2f}"
            f" {median(few.first_token_ms(0.99) for _, few in loads):>6.2f}"
            f" {added[0.5]:>10.2f} {added[0.99]:>7.2f}"
        )


if __name__ == "__main__":
    main()
