"""How long an upstream asks to be left alone, by its headers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final

MAX_SECONDS: Final = 86_400.0
"""One day: whoever waits comes back by then, whatever nonsense a date was."""


def retry_after_seconds(headers: Mapping[str, str], *, now: Callable[[], float] = time.time) -> float | None:
    """RFC 9110, 10.2.3: seconds, or a date; OpenAI's own `retry-after-ms` comes first, being finer.

    Never more than MAX_SECONDS.
    """
    seconds = _asked_seconds(headers, now)
    return None if seconds is None else min(seconds, MAX_SECONDS)


def _asked_seconds(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now())
    except (ValueError, TypeError, OverflowError):  # of dates beyond what a calendar or a clock holds, too
        return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
