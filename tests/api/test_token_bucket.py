from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.token_bucket import TokenBucket


def test_a_burst_is_let_through_and_the_one_after_it_is_told_when_to_come() -> None:
    bucket = TokenBucket(per_second=4, burst=3, now=100)
    assert [bucket.take(100) for _ in range(5)] == [0, 0, 0, 0.25, 0.25]
    assert bucket.take(100.25) == 0
    assert bucket.take(100.25) == pytest.approx(0.25)


def test_it_holds_no_more_than_a_burst_however_long_nobody_comes() -> None:
    bucket = TokenBucket(per_second=1, burst=2, now=0)
    assert [bucket.take(1_000_000) for _ in range(3)] == [0, 0, 1]


def test_a_clock_that_stands_still_or_goes_back_fills_nothing() -> None:
    bucket = TokenBucket(per_second=1, burst=1, now=10)
    assert [bucket.take(10), bucket.take(5), bucket.take(10)] == [0, 1, 1]


@given(
    st.lists(st.floats(0, 2), max_size=200),
    st.floats(0.5, 100),
    st.integers(1, 20),
)
def test_in_no_span_of_time_more_is_let_through_than_the_burst_and_the_rate(
    pauses: list[float], rate: float, burst: int
) -> None:
    bucket, now, through = TokenBucket(per_second=rate, burst=burst, now=0), 0.0, []
    for pause in pauses:
        now += pause
        if bucket.take(now) == 0:
            through.append(now)
    for first in range(len(through)):
        for last in range(first, len(through)):
            assert last - first + 1 <= burst + rate * (through[last] - through[first]) + 1e-6


@given(st.floats(0.5, 100), st.integers(1, 5), st.floats(0, 1))
def test_who_waits_as_long_as_told_is_let_through(rate: float, burst: int, pause: float) -> None:
    bucket, now = TokenBucket(per_second=rate, burst=burst, now=0), pause
    while (wait := bucket.take(now)) == 0:
        pass
    assert bucket.take(now + wait + 1e-9) == 0
