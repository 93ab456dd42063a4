"""What may be asked with one key: requests, by a token bucket, and open WebSockets.

Counted by each process for itself: behind several servers a key gets so much of each. To count in one place would cost
every request a round trip, and what is protected here is the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from app.api.token_bucket import TokenBucket
from app.chat.errors import RateLimited
from app.chat.keys import KeyId

SOCKET_RETRY_SECONDS: Final = 1.0
"""When one may close is not known; to ask so often does no harm."""


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """The defaults are those of the settings.

    Args:
        requests_per_second: HTTP requests and WebSocket operations together, over time.
        burst: how many of them may come at once.
        sockets: WebSockets open at a time.
    """

    requests_per_second: float
    burst: int
    sockets: int


class Allowance:
    """What one key may still ask of this process."""

    def __init__(self, limits: KeyLimits) -> None:
        self._limits = limits
        self._requests = TokenBucket(per_second=limits.requests_per_second, burst=limits.burst, now=_now())
        self._sockets = 0

    def take_request(self) -> None:
        """Raises:
        RateLimited: too many have come lately.
        """
        if wait_seconds := self._requests.take(_now()):
            rate = f"{self._limits.requests_per_second:g} a second after a burst of {self._limits.burst:,}"
            raise RateLimited(f"too many requests with this key: the most is {rate}", wait_seconds)

    @contextmanager
    def socket(self) -> Iterator[None]:
        """Counts a socket for as long as it is open.

        Raises:
            RateLimited: as many are open as may be.
        """
        if self._sockets >= self._limits.sockets:
            most = f"{self._limits.sockets:,}"
            raise RateLimited(f"too many sockets with this key: the most is {most} at a time", SOCKET_RETRY_SECONDS)
        self._sockets += 1
        try:
            yield
        finally:
            self._sockets -= 1


class Allowances:
    """Of every key that was used; there are no more of them than keys."""

    def __init__(self, limits: KeyLimits) -> None:
        self._limits = limits
        self._of: dict[KeyId, Allowance] = {}

    def of(self, key: KeyId) -> Allowance:
        if key not in self._of:
            self._of[key] = Allowance(self._limits)
        return self._of[key]


def _now() -> float:
    return asyncio.get_running_loop().time()
