from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app.generation.patience import Patience

NEVER_SECONDS = 60.0
DEADLINE_SECONDS = 10.0


async def body(*chunks: bytes) -> AsyncGenerator[bytes, None]:
    """Those, and then silence."""
    for chunk in chunks:
        yield chunk
    await asyncio.Event().wait()


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_silence_ends_when_the_patience_does() -> None:
    patience, silent = Patience(now() + 0.05), body()
    began = now()
    async with asyncio.timeout(DEADLINE_SECONDS):
        with pytest.raises(TimeoutError):
            await patience.read(silent)
    assert now() - began >= 0.05


async def test_what_is_granted_counts_from_then_on_whether_it_is_more_or_less() -> None:
    for first_seconds in (0.0, NEVER_SECONDS):
        patience, chunks = Patience(now() + first_seconds), body(b"a")
        assert await patience.read(chunks) == b"a"
        patience.grant(0.05)
        granted = now()
        async with asyncio.timeout(DEADLINE_SECONDS):
            with pytest.raises(TimeoutError):
                await patience.read(chunks)
        assert now() - granted >= 0.05


async def test_a_limit_makes_it_less_and_never_more() -> None:
    patience, silent = Patience(now() + 0.05), body()
    patience.limit(NEVER_SECONDS)
    async with asyncio.timeout(DEADLINE_SECONDS):
        with pytest.raises(TimeoutError):
            await patience.read(silent)


async def test_what_is_there_already_is_never_too_late() -> None:
    patience, chunks = Patience(now() - 1), body(b"a", b"b")
    assert await patience.read(chunks) == b"a"
    await asyncio.sleep(0.01)  # the timer has rung, and nobody was waiting
    assert await patience.read(chunks) == b"b"
    async with asyncio.timeout(DEADLINE_SECONDS):
        with pytest.raises(TimeoutError):
            await patience.read(chunks)


async def test_whoever_is_cancelled_is_not_told_of_a_timeout() -> None:
    patience = Patience(now() + NEVER_SECONDS)
    reading = asyncio.create_task(patience.read(body()))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    patience.close()


async def test_a_cancellation_in_the_same_moment_as_the_end_of_patience_is_not_swallowed() -> None:
    patience = Patience(now() + NEVER_SECONDS)
    reading = asyncio.create_task(patience.read(body()))
    await asyncio.sleep(0)
    patience.limit(-1)
    reading.cancel()
    patience._ring()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_the_end_of_a_body_is_empty() -> None:
    patience, chunks = Patience(now() + NEVER_SECONDS), body(b"a")
    await chunks.aclose()
    assert await patience.read(chunks) == b""
    patience.close()
