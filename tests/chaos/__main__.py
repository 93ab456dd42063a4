"""`python -m tests.chaos [--rounds N] [--seed S] [--fault NAME]`: exits 1 when anything was not as promised."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import uvloop

from tests.chaos.deployment import deployed
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.report import HEADINGS, line, summary
from tests.chaos.round import Result, Round, Size


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, help=f"{len(FAULTS)}, each fault once, unless given")
    parser.add_argument("--seed", type=int, default=None, help="of the first round; the next one's is one more")
    parser.add_argument("--fault", choices=[fault.name for fault in FAULTS], help="nothing but this")
    options = parser.parse_args()
    faults = [fault for fault in FAULTS if options.fault in (None, fault.name)]
    seed = random.randrange(10**9) if options.seed is None else options.seed
    folder = Path(tempfile.mkdtemp(prefix="parley-chaos-"))
    flawless = False
    try:
        results = uvloop.run(_play(folder, faults, options.rounds or len(faults), seed))
        flawless = all(result.flawless for result in results)
    finally:
        if flawless:
            shutil.rmtree(folder)
        else:
            _say(f"\nNot as promised, or broken off; what the processes had to say is in {folder}")
    sys.exit(0 if flawless else 1)


async def _play(folder: Path, faults: list[Fault], rounds: int, seed: int) -> list[Result]:
    """Stops at the first flaw: what a broken deployment does next says nothing."""
    results: list[Result] = []
    _say(HEADINGS)
    async with deployed(folder) as deployment:
        for number, fault in zip(range(rounds), _in_turn(faults, random.Random(seed)), strict=False):
            result = await Round(deployment, fault, seed + number, Size()).play()
            results.append(result)
            _say(line(number + 1, result))
            if not result.flawless:
                for complaint in result.complaints[:20]:
                    _say(f"      {complaint}")
                _say(f'      again: make chaos ARGS="--rounds 1 --seed {result.seed} --fault {fault.name}"')
                break
    _say("")
    for each in summary(results):
        _say(each)
    return results


def _in_turn(faults: list[Fault], choose: random.Random) -> Iterator[Fault]:
    """Each as often as any other, in changing order."""
    while True:
        yield from choose.sample(faults, len(faults))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - that is what a report is for


if __name__ == "__main__":
    main()
