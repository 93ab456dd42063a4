from __future__ import annotations

import asyncio

import pytest

from app.server.turn import Turn


async def test_a_turn_lasts_until_all_that_was_ready_has_run() -> None:
    turn = Turn(asyncio.get_running_loop())
    seen: list[int] = []
    for _ in range(3):
        asyncio.get_running_loop().call_soon(lambda: seen.append(turn.number))
    await asyncio.sleep(0)
    assert seen == [1, 1, 1]
    await asyncio.sleep(0)
    assert turn.number == 2


async def test_what_is_asked_for_at_its_end_comes_once_and_before_anything_that_was_not_ready(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop, seen = asyncio.get_running_loop(), list[str]()
    turn = Turn(loop)
    assert turn.number
    turn.at_end(lambda: 1 / 0)  # whose error is nobody else's
    turn.at_end(lambda: seen.append("end"))
    loop.call_soon(lambda: seen.append("after"))
    await asyncio.sleep(0)
    assert seen == ["end", "after"]
    assert "ZeroDivisionError" in caplog.text
    assert turn.number
    await asyncio.sleep(0)
    assert seen == ["end", "after"]
