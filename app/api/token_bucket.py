"""A token bucket: so many requests at once, and then so many a second."""

from __future__ import annotations


class TokenBucket:
    """Does no I/O and reads no clock. Times are of one monotonic clock, in seconds.

    Args:
        per_second: how fast it fills.
        burst: how much it holds; it begins full.
    """

    def __init__(self, *, per_second: float, burst: int, now: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = float(burst)
        self._as_of = now

    def take(self, now: float) -> float:
        """Takes a token and gives 0; where there is none, takes nothing and gives the seconds until there is."""
        filled = max(0.0, now - self._as_of) * self._per_second
        self._tokens = min(float(self._burst), self._tokens + filled)
        self._as_of = max(now, self._as_of)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_second
