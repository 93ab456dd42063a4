"""When a completion is asked for again: only before its first piece, and only for what may pass."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from app.chat.completion import Finish, Piece
from app.chat.errors import BackendFailed, BackendFault

logger = logging.getLogger("parley.generation")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Args:
    attempts: the first one included.
    base_seconds: before the second attempt; doubled before each further one.
    max_seconds: the longest wait of our own choosing.
    max_retry_after_seconds: the longest wait that an upstream may ask for; past it, whoever waits is told at once.
    """

    attempts: int = 3
    base_seconds: float = 0.5
    max_seconds: float = 8.0
    max_retry_after_seconds: float = 20.0

    def delay_seconds(self, failed_attempts: int, failure: BackendFailed) -> float | None:
        """How long to wait before the next attempt; None to give up.

        Never less than the upstream asked for; jitter of up to half keeps those who failed together from coming back
        together. Silence is not tried again: the deadline was already as long as anybody cares to wait.
        """
        if not failure.can_retry or failure.fault is BackendFault.SILENT or failed_attempts >= self.attempts:
            return None
        asked = failure.retry_after_seconds or 0.0
        if asked > self.max_retry_after_seconds:
            return None
        own = min(self.max_seconds, self.base_seconds * (1 << (failed_attempts - 1)))
        return max(own, asked) * random.uniform(1.0, 1.5)  # noqa: S311 - jitter, not secrecy


DEFAULT_RETRIES = RetryPolicy()


async def complete_with_retries(
    attempt: Callable[[], AsyncGenerator[Piece | Finish, None]], retries: RetryPolicy, *, backend: str
) -> AsyncGenerator[Piece | Finish, None]:
    """Streams a completion; asks again for one that failed before its first piece, where that may help.

    Args:
        attempt: asks once.
        backend: its name, for the log.

    Raises:
        BackendFailed: by the last attempt.
    """
    attempts, spoke = 0, False
    while True:
        attempts += 1
        try:
            async with aclosing(attempt()) as items:
                async for item in items:
                    spoke = True
                    yield item
            return
        except BackendFailed as failure:
            delay = None if spoke else retries.delay_seconds(attempts, failure)
            if delay is None:
                raise
            logger.info("asking upstream again", extra={"backend": backend, "after_seconds": delay})
        await asyncio.sleep(delay)
