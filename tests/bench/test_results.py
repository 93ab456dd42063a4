"""RESULTS.md, and what stands in it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from bench.chart import Chart
from bench.report import Goal, Report, table
from bench.results import replaced, write

REPORT = Report(
    name="speed",
    title="Speed",
    about="How fast.",
    heads=("", "per second"),
    rows=[["ours", "1,000"], ["theirs, joined", "9"]],
    goals=[Goal("at least 2 × theirs", "1.50 ×", met=False)],
    charts=[Chart("speed", "Speed", "size", "ms", {"ours": [(1, 2), (2, 3)]})],
    figures=[{"way": "ours", "seconds": 1.5}],
)


def test_a_table_can_be_read_as_it_stands() -> None:
    assert table(REPORT.heads, REPORT.rows) == (
        "|                | per second |\n"
        "| -------------- | ---------: |\n"
        "| ours           |      1,000 |\n"
        "| theirs, joined |          9 |"
    )


def test_a_run_replaces_its_own_section_and_leaves_the_others() -> None:
    text = replaced(replaced(replaced("# Results\n", "one", "old"), "two", "other"), "one", "new")
    assert text == (
        "# Results\n\n<!-- bench: one -->\nnew\n<!-- end: one -->\n\n<!-- bench: two -->\nother\n<!-- end: two -->\n"
    )


def test_all_of_a_report_is_written(tmp_path: Path) -> None:
    write(REPORT, tmp_path)
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.startswith("# Results\n")
    for part in ("## Speed", "How fast.", "| ours ", "- MISSED: at least 2 × theirs; it is 1.50 ×", "Python 3."):
        assert part in text
    assert "![Speed](charts/speed.svg)" in text
    assert (tmp_path / "charts" / "speed.svg").read_text().startswith("<svg ")
    told = json.loads((tmp_path / "figures" / "speed.json").read_text())
    assert told["figures"] == [{"way": "ours", "seconds": 1.5}]
    assert told["machine"]


def test_what_could_not_be_measured_is_null_in_the_figures(tmp_path: Path) -> None:
    write(replace(REPORT, figures=[{"p99_ms": math.nan, "each": [1.0, math.inf]}]), tmp_path)
    told = json.loads((tmp_path / "figures" / "speed.json").read_text(), parse_constant=pytest.fail)
    assert told["figures"] == [{"p99_ms": None, "each": [1.0, None]}]


def test_a_second_run_leaves_one_section(tmp_path: Path) -> None:
    write(REPORT, tmp_path)
    write(replace(REPORT, about="How much faster."), tmp_path)
    text = (tmp_path / "RESULTS.md").read_text()
    assert ("How fast." in text, text.count("How much faster."), text.count("## Speed")) == (False, 1, 1)
