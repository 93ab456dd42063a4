"""RESULTS.md, where every benchmark has a section that its next run replaces; charts and figures beside it."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any, Final

from bench.chart import svg
from bench.machine import machine, versions
from bench.report import Report, table

FOLDER: Final = Path(__file__).parent
_OPENING: Final = """# Results

Written by `make bench`: one section for each benchmark, which its next run replaces. Every single measurement is in
[figures](figures). Figures of different machines, or of different days, are not to be compared; the ratios are, because
whoever is compared took turns on the same machine in the same minutes.
"""


def write(report: Report, folder: Path = FOLDER) -> None:
    for part in ("charts", "figures"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for chart in report.charts:
        (folder / "charts" / f"{chart.name}.svg").write_text(svg(chart), "utf-8")
    told = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": versions(),
        "figures": _finite(report.figures),
    }
    (folder / "figures" / f"{report.name}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    path = folder / "RESULTS.md"
    text = path.read_text("utf-8") if path.exists() else _OPENING
    path.write_text(replaced(text, report.name, section(report, _footing())), "utf-8")


def section(report: Report, footing: str) -> str:
    """Args:
    footing: the machine, the day and the versions.
    """
    parts = [f"## {report.title}", report.about, table(report.heads, report.rows)]
    if report.goals:
        parts.append("\n".join(f"- {goal}" for goal in report.goals))
    if report.charts:
        parts.append("\n".join(f"![{chart.title}](charts/{chart.name}.svg)" for chart in report.charts))
    return "\n\n".join([*parts, f"<sub>{footing}</sub>"])


def replaced(text: str, name: str, section: str) -> str:
    """The text with that section in the place of what had its name, or at the end where there was none."""
    begins, ends = f"<!-- bench: {name} -->", f"<!-- end: {name} -->"
    marked = f"{begins}\n{section}\n{ends}"
    before, found, rest = text.partition(begins)
    if not found:
        return f"{text.rstrip()}\n\n{marked}\n"
    return f"{before}{marked}{rest.partition(ends)[2]}"


def _finite(figures: Any) -> Any:
    """JSON has no word for what is not a number: it is null."""
    match figures:
        case float():
            return figures if math.isfinite(figures) else None
        case list():
            return [_finite(each) for each in figures]
        case dict():
            return {name: _finite(each) for name, each in figures.items()}
    return figures


def _footing() -> str:
    listed = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{date.today().isoformat()}, {machine()}; {listed}"
