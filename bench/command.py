"""The command line of a benchmark that is run by itself."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench import results
from bench.report import Report, table
from bench.termination import end_as_by_interrupt

Run = Callable[[int, float], Awaitable[Report]]
"""By the number of rounds and the seconds of each measurement."""


def command(about: str, run: Run, rounds: int, seconds: float) -> None:
    """Runs it, prints what came of it, and writes that into RESULTS.md.

    Args:
        rounds, seconds: unless others are given on the command line.
    """
    arguments = argparse.ArgumentParser(description=about.partition("\n")[0])
    arguments.add_argument("--rounds", type=int, default=rounds)
    arguments.add_argument("--seconds", type=float, default=seconds, help="of each measurement")
    arguments.add_argument("--results", type=Path, default=results.FOLDER, help="where RESULTS.md and all else goes")
    given = arguments.parse_args()
    end_as_by_interrupt()
    gc.disable()  # the client's collections would be taken for the server's pauses

    async def report() -> Report:
        return await run(given.rounds, given.seconds)

    found = uvloop.run(report())
    print(f"\n{table(found.heads, found.rows)}\n")
    for goal in found.goals:
        print(goal)
    results.write(found, given.results)
