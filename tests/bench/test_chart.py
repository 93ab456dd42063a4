"""Charts that are drawn by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from bench.chart import HEIGHT, WIDTH, Axis, Chart, Point, linear_ticks, log_ticks, spread, svg

SVG = "{http://www.w3.org/2000/svg}"


def chart(lines: Mapping[str, Sequence[Point]], *, log_y: bool = False, log_x: bool = False) -> Chart:
    return Chart("age", 'Age & "more"', "deltas/s", "ms", lines, log_y, log_x)


def drawn(given: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(svg(given))


def paths(given: Chart) -> list[list[Point]]:
    """Of each line the pixels."""
    found = [each.get("d", "") for each in drawn(given).iter(f"{SVG}path") if each.get("class", "").startswith("line")]
    return [[(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)] for path in found]


@pytest.mark.parametrize("highest", [0.0, 0.003, 0.9, 1.0, 7.3, 10.0, 99.0, 200.0, 40_000.0, 123_456.0])
def test_linear_ticks_are_few_even_round_and_reach_over_the_values(highest: float) -> None:
    ticks = linear_ticks(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(ticks) <= 7
    steps = {round((after - before) / ticks[1], 6) for before, after in pairwise(ticks)}
    assert steps == {1.0}
    assert f"{ticks[1]:.0e}"[0] in "125" or f"{ticks[1]:.1e}".startswith("2.5")


@pytest.mark.parametrize(("lowest", "highest"), [(0.2, 0.3), (0.05, 321.0), (1.0, 1.0), (10.0, 1000.0)])
def test_logarithmic_ticks_are_powers_of_ten_around_the_values(lowest: float, highest: float) -> None:
    ticks = log_ticks(lowest, highest)
    assert ticks[0] <= lowest <= highest <= ticks[-1]
    assert all(math.isclose(after / before, 10) for before, after in pairwise(ticks))


def test_an_axis_puts_values_where_they_belong() -> None:
    assert Axis([0, 50, 100], 10, 210).pixel(25) == 60
    assert Axis([1, 10, 100], 300, 100, log=True).pixel(10) == pytest.approx(200)


def test_higher_values_are_higher_up_and_later_ones_further_right() -> None:
    [line] = paths(chart({"ours": [(0, 1), (10, 5), (20, 9)]}))
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert [y for _, y in line] == sorted((y for _, y in line), reverse=True)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in line)


@pytest.mark.parametrize("log_y", [False, True])
def test_lines_of_one_chart_have_one_scale(log_y: bool) -> None:
    theirs, ours = paths(chart({"ours": [(0, 1), (5, 100)], "theirs": [(0, 100), (5, 1)]}, log_y=log_y))
    assert (ours[0][1], ours[1][1]) == (theirs[1][1], theirs[0][1])


def test_what_was_not_measured_is_left_out() -> None:
    given = chart({"ours": [(1, 1), (2, math.nan), (3, 2)], "theirs": [(1, math.nan)], "none": []})
    assert [len(line) for line in paths(given)] == [2]
    assert "nan" not in svg(given)
    assert paths(chart({})) == []


def test_a_way_without_figures_leaves_the_others_their_colours() -> None:
    text = svg(chart({"none": [], "theirs": [(1, 1)]}))
    assert ("stroke: var(--line-0)" in text, "stroke: var(--line-1)" in text) == (False, True)


def test_ours_is_the_line_that_stands_out_and_nothing_is_over_it() -> None:
    root = drawn(chart({"ours": [(1, 1), (2, 2)], "theirs": [(1, 2), (2, 1)], "others": [(1, 1), (2, 1)]}))
    assert [each.get("class") for each in root.iter(f"{SVG}path")][-3:] == ["line", "line", "line ours"]
    assert [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "name ours"] == ["ours"]


def test_names_are_readable_and_escaped() -> None:
    texts = [each.text for each in drawn(chart({"a < b": [(1, 5)], "other": [(1, 5)]})).iter(f"{SVG}text")]
    assert {"a < b", "other", 'Age & "more"', "deltas/s", "ms"} <= set(texts)


def test_labels_of_lines_that_end_together_do_not_lie_on_each_other() -> None:
    assert spread([10, 10, 100, 12], 16) == [10, 26, 100, 42]


def test_it_follows_the_readers_theme_and_fetches_nothing() -> None:
    text = svg(chart({"ours": [(1, 1)]}))
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_on_logarithmic_scales_what_grows_in_proportion_is_a_straight_line() -> None:
    [line] = paths(chart({"ours": [(1, 0.1), (10, 1), (100, 10), (1000, 100)]}, log_y=True, log_x=True))
    steps = {(round(after[0] - before[0]), round(after[1] - before[1])) for before, after in pairwise(line)}
    assert len(steps) == 1


def test_what_has_no_logarithm_is_left_out() -> None:
    assert len(paths(chart({"ours": [(0, 1), (1, 1), (10, 1)]}, log_x=True))[0]) == 2
