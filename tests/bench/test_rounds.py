"""Medians and ratios of interleaved rounds."""

from __future__ import annotations

import math

from bench.delivery.rounds import Rounds


def rounds(**given: list[float]) -> Rounds[str, float]:
    found: Rounds[str, float] = Rounds()
    for key, values in given.items():
        for value in values:
            found.add(key, value)
    return found


def test_the_median_is_that_of_its_rounds() -> None:
    assert rounds(ours=[9.0, 1.0, 2.0]).median("ours", lambda each: each * 10) == 20.0


def test_a_slow_round_is_slow_for_both() -> None:
    """The ratio of the medians would be 1: it compares rounds of different speed."""
    found = rounds(ours=[2.0, 20.0, 8.0], theirs=[1.0, 10.0, 8.0])
    assert found.ratio("ours", "theirs", float) == 2.0


def test_what_was_never_measured_is_no_number() -> None:
    assert math.isnan(rounds().median("ours", float))
    assert math.isnan(rounds(ours=[1.0]).ratio("ours", "theirs", float))
