"""`python -m bench.delivery NAME`: one of the benchmarks in bench/delivery/benchmarks.

The server has a core to itself, the load client and all else the others. What is compared takes turns in each round, so
that a drifting machine drifts for all; medians of the rounds.
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path
from typing import Final

import uvloop

from bench import results
from bench.delivery.benchmarks import delivery, fan_out, idle, overload, whole_way
from bench.delivery.server_process import off_server_core
from bench.report import table
from bench.termination import end_as_by_interrupt

BENCHMARKS: Final = {
    "delivery": delivery,
    "fan-out": fan_out,
    "idle": idle,
    "overload": overload,
    "whole-way": whole_way,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("name", choices=BENCHMARKS)
    arguments.add_argument("--rounds", type=int)
    arguments.add_argument("--seconds", type=float, help="of each measurement")
    arguments.add_argument("--results", type=Path, default=results.FOLDER, help="where RESULTS.md and all else goes")
    given = arguments.parse_args()
    benchmark = BENCHMARKS[given.name]
    end_as_by_interrupt()
    off_server_core()
    gc.disable()  # the client's collections would be taken for the server's pauses
    report = uvloop.run(benchmark.run(given.rounds or benchmark.ROUNDS, given.seconds or benchmark.SECONDS))
    print(f"\n{table(report.heads, report.rows)}\n")
    for goal in report.goals:
        print(goal)
    results.write(report, given.results)


if __name__ == "__main__":
    main()
