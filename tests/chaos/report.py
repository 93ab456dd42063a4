"""The figures, as lines to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.chaos.round import Result
from tests.chaos.transcript import Verdict

HEADINGS = (
    f"{'':>5} {'fault':<22} {'seed':>10} {'streams':>7} {'subscr.':>7} {'reconn.':>7} {'deltas':>9}  "
    f"{'lost':>4} {'doubled':>7} {'reord.':>6} {'hung':>4} {'seconds':>7}  statuses"
)


def line(number: int | str, result: Result) -> str:
    """One round, or the rounds of one fault."""
    verdict = result.verdict
    statuses = ", ".join(f"{status} {count}" for status, count in sorted(result.statuses.items()))
    return (
        f"{number:>5} {result.fault:<22} {result.seed or '':>10} {result.streams:>7} {result.subscribers:>7} "
        f"{result.reconnects:>7} {verdict.delivered:>9,}  {verdict.lost:>4} {verdict.doubled:>7} "
        f"{verdict.reordered:>6} {result.hung:>4} {result.seconds:>7.1f}  {statuses}"
    )


def summary(results: Iterable[Result]) -> list[str]:
    """A line per fault, and one for all."""
    results = list(results)
    faults = dict.fromkeys(result.fault for result in results)
    groups = [(fault, [result for result in results if result.fault == fault]) for fault in faults]
    lines = [line(f"{len(group)} x", _total(fault, group)) for fault, group in groups]
    return [*lines, line(f"{len(results)} x", _total("all", results))]


def _total(name: str, results: Sequence[Result]) -> Result:
    return Result(
        name,
        seed=0,
        streams=sum(each.streams for each in results),
        subscribers=sum(each.subscribers for each in results),
        reconnects=sum(each.reconnects for each in results),
        hung=sum(each.hung for each in results),
        seconds=sum(each.seconds for each in results),
        verdict=sum((each.verdict for each in results), Verdict()),
        statuses=sum((each.statuses for each in results), Counter()),
    )
