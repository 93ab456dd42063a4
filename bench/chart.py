"""A line chart as SVG that follows the reader's light or dark theme. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

Point = tuple[float, float]

WIDTH, HEIGHT = 680, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 140, 62, 52
_TICKS: Final = 5
_LABEL_APART: Final = 16

_STYLE: Final = """
svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --rule: #d9dee3;
  --line-0: #0b62d6; --line-1: #c2560c; --line-2: #0f8457; --line-3: #8244c8; --line-4: #67707a;
  font: 13px system-ui, sans-serif }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --rule: #2f363d;
    --line-0: #5aa2ff; --line-1: #f0883e; --line-2: #3fb984; --line-3: #bc8cff; --line-4: #a0a8b1 } }
text { fill: var(--ink) } .faint { fill: var(--faint) } .title { font-size: 15px; font-weight: 600 }
.rule { stroke: var(--rule) } .line { fill: none; stroke-width: 2 }
.line.ours { stroke-width: 4 } .name.ours { font-weight: 600 }
"""


@dataclass(frozen=True, slots=True)
class Chart:
    """Args:
    name: of its file.
    lines: by name, ours first, at most five; points in the order of x. What is not finite is left out.
    log_y, log_x: a logarithmic scale, where what is compared lies orders of magnitude apart.
    """

    name: str
    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, Sequence[Point]]
    log_y: bool = False
    log_x: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale: from values to pixels, and where to mark it."""

    ticks: Sequence[float]
    start_pixel: float
    end_pixel: float
    log: bool = False

    def pixel(self, value: float) -> float:
        low, high, at = (self._scaled(each) for each in (self.ticks[0], self.ticks[-1], value))
        return self.start_pixel + (at - low) / (high - low) * (self.end_pixel - self.start_pixel)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, self.ticks[0])) if self.log else value


def linear_ticks(highest: float) -> list[float]:
    """From 0 to at least the highest value, about five of them, each a round number."""
    rough = max(highest, 1e-9) / _TICKS
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough * (1 - 1e-9))
    return [step * number for number in range(math.ceil(highest / step - 1e-9) + 1)] if highest > 0 else [0.0, step]


def log_ticks(lowest: float, highest: float) -> list[float]:
    """Powers of ten around the values, which are greater than 0."""
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def spread(wanted: Sequence[float], apart: float) -> list[float]:
    """The positions moved as little down as it takes to have them so far apart; each stays the same one's."""
    order = sorted(range(len(wanted)), key=lambda number: wanted[number])
    placed = list(wanted)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + apart)
    return placed


def svg(chart: Chart) -> str:
    lines = {name: [point for point in points if _drawable(point, chart)] for name, points in chart.lines.items()}
    xs = [x for points in lines.values() for x, _ in points] or [1.0]
    ys = [y for points in lines.values() for _, y in points] or [1.0]
    x_axis = Axis(_ticks(xs, chart.log_x), _LEFT, WIDTH - _RIGHT, chart.log_x)
    y_axis = Axis(_ticks(ys, chart.log_y), HEIGHT - _BOTTOM, _TOP, chart.log_y)
    label = escape(chart.title, quote=True)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" style="fill: var(--paper)"/>',
        _text(_LEFT, 26, chart.title, "title"),
        *_frame(chart, x_axis, y_axis),
        *_lines(lines, x_axis, y_axis),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _drawable(point: Point, chart: Chart) -> bool:
    x, y = point
    return all(map(math.isfinite, point)) and (x > 0 or not chart.log_x) and (y > 0 or not chart.log_y)


def _ticks(values: Sequence[float], log: bool) -> list[float]:
    return log_ticks(min(values), max(values)) if log else linear_ticks(max(values))


def _frame(chart: Chart, x_axis: Axis, y_axis: Axis) -> list[str]:
    parts = []
    for tick in y_axis.ticks:
        y = y_axis.pixel(tick)
        parts.append(f'<path class="rule" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>')
        parts.append(_text(_LEFT - 8, y + 4, _number(tick), "faint", "end"))
    below = HEIGHT - _BOTTOM + 18
    parts += [_text(x_axis.pixel(tick), below, _number(tick), "faint", "middle") for tick in x_axis.ticks]
    parts.append(_text(_LEFT, _TOP - 13, chart.y_label, "faint"))
    parts.append(_text(WIDTH - _RIGHT, HEIGHT - 14, chart.x_label, "faint", "end"))
    return parts


def _lines(lines: Mapping[str, Sequence[Point]], x_axis: Axis, y_axis: Axis) -> list[str]:
    parts = []
    shown = [(number, name, points) for number, (name, points) in enumerate(lines.items()) if points]
    ends = spread([y_axis.pixel(points[-1][1]) + 4 for _, _, points in shown], _LABEL_APART)
    for (number, name, points), label_y in reversed([*zip(shown, ends, strict=True)]):  # ours over the others
        places = [(x_axis.pixel(x), y_axis.pixel(y)) for x, y in points]
        stroke, fill = f"stroke: var(--line-{number})", f"fill: var(--line-{number})"
        ours = "" if number else " ours"
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path class="line{ours}" style="{stroke}" d="M{path}"/>')
        parts += [f'<circle r="{3 if number else 4.5}" cx="{x:.1f}" cy="{y:.1f}" style="{fill}"/>' for x, y in places]
        parts.append(f'<circle r="4" cx="{WIDTH - _RIGHT + 14}" cy="{label_y - 4:.1f}" style="{fill}"/>')
        parts.append(_text(WIDTH - _RIGHT + 24, label_y, name, f"name{ours}"))
    return parts


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"
