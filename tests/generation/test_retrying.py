from __future__ import annotations

import pytest

from app.chat.errors import BackendFailed, BackendFault
from app.generation.retry_after import retry_after_seconds
from app.generation.retrying import RetryPolicy

ONE_DAY_SECONDS = 86_400
POLICY = RetryPolicy(attempts=4, base_seconds=1, max_seconds=3, max_retry_after_seconds=20)


def failure(
    *, retryable: bool = True, fault: BackendFault = BackendFault.UNAVAILABLE, retry_after: float | None = None
) -> BackendFailed:
    return BackendFailed("x", "x", retryable=retryable, fault=fault, retry_after_seconds=retry_after)


@pytest.mark.parametrize(("failed_attempts", "least"), [(1, 1), (2, 2), (3, 3)])
def test_waits_longer_each_time_up_to_the_longest_with_jitter(failed_attempts: int, least: float) -> None:
    delays = [POLICY.delay_seconds(failed_attempts, failure()) for _ in range(100)]
    assert all(delay is not None and least <= delay <= 1.5 * least for delay in delays)
    assert len(set(delays)) > 50


def test_gives_up_after_the_last_attempt() -> None:
    assert POLICY.delay_seconds(4, failure()) is None


def test_does_not_ask_again_for_what_will_be_refused_again() -> None:
    assert POLICY.delay_seconds(1, failure(retryable=False)) is None


def test_does_not_ask_again_after_silence() -> None:
    assert POLICY.delay_seconds(1, failure(fault=BackendFault.SILENT)) is None


def test_never_comes_back_before_the_upstream_wants_it() -> None:
    delays = [POLICY.delay_seconds(1, failure(retry_after=7)) for _ in range(100)]
    assert all(delay is not None and 7 <= delay <= 10.5 for delay in delays)


def test_gives_up_at_once_if_the_upstream_wants_too_long_a_wait() -> None:
    assert POLICY.delay_seconds(1, failure(retry_after=21)) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "1"}, 1),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:30 GMT"}, 20),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}, 0),
        ({"retry-after": "Mon, 01 Jan 99999 00:00:00 GMT"}, None),
        ({"retry-after": "Mon, 99999999999999999999 Jan 2020 00:00:00 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 2020 00:00:00 +9999999999"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, ONE_DAY_SECONDS),
        ({"retry-after": "1e300"}, ONE_DAY_SECONDS),
        ({"retry-after-ms": "1e300"}, ONE_DAY_SECONDS),
    ],
)
def test_reads_how_long_an_upstream_wants_to_be_left_alone(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, now=lambda: 10) == seconds
