"""The histogram of ages."""

from __future__ import annotations

import math
import random

import pytest

from bench.delivery.ages import RESOLUTION_US, Ages


def ages_of(*ages_us: int) -> Ages:
    ages = Ages()
    ages.add(10_000_000, [10_000_000 - each for each in ages_us])
    return ages


@pytest.mark.parametrize(("share", "expected_ms"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.01, 1.0)])
def test_a_percentile_is_the_age_that_so_many_do_not_exceed(share: float, expected_ms: float) -> None:
    assert ages_of(*(each * 1000 for each in range(1, 101))).percentile_ms(share) == expected_ms


def test_it_is_that_of_the_sorted_ages_but_for_the_resolution() -> None:
    chance = random.Random(7)
    given = [chance.randrange(1, 500_000) for _ in range(999)]
    found = ages_of(*given)
    for share in (0.1, 0.5, 0.9, 0.99):
        exact = sorted(given)[math.ceil(share * len(given)) - 1]
        assert 0 <= exact - found.percentile_ms(share) * 1000 < RESOLUTION_US


def test_two_of_them_make_one() -> None:
    found = ages_of(1_000, 1_000, 1_000)
    found += ages_of(9_000)
    assert (len(found), found.percentile_ms(0.5), found.percentile_ms(1.0)) == (4, 1.0, 9.0)


def test_without_ages_there_is_no_percentile() -> None:
    assert math.isnan(Ages().percentile_ms(0.5))
