"""What a benchmark has found, before it is written anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.chart import Chart


@dataclass(frozen=True, slots=True)
class Goal:
    """What was wanted, and what came of it."""

    wanted: str
    found: str
    met: bool

    def __str__(self) -> str:
        return f"{'met' if self.met else 'MISSED'}: {self.wanted}; it is {self.found}"


@dataclass(frozen=True, slots=True)
class Report:
    """Args:
    name: of its section and its files.
    about: what was measured and how, in a few sentences.
    figures: of every single measurement, for JSON.
    """

    name: str
    title: str
    about: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = ()
    charts: Sequence[Chart] = ()
    figures: Any = field(default=None, repr=False)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown that can be read as it stands; the first column is of words, the others of numbers."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rules = ["-" * width if first else "-" * (width - 1) + ":" for first, width in _first(widths)]
    lines = [_line(heads, widths), f"| {' | '.join(rules)} |", *(_line(row, widths) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if first else cell.rjust(width)
        for (first, width), cell in zip(_first(widths), cells, strict=True)
    ]
    return f"| {' | '.join(padded)} |"


def _first(widths: Sequence[int]) -> list[tuple[bool, int]]:
    return [(number == 0, width) for number, width in enumerate(widths)]
