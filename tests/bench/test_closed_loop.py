"""Clients that ask again as soon as they have their answer."""

from __future__ import annotations

import asyncio
import math

import pytest

from bench.closed_loop import Load, closed_loop

SECONDS = 0.05


async def test_every_answer_is_counted_and_a_client_waits_for_its_answer() -> None:
    asked, under_way, most = [0, 0], [0, 0], 0

    def client(number: int) -> None:
        asked[number] += 1

    async def ask(number: int) -> None:
        nonlocal most
        client(number)
        under_way[number] += 1
        most = max(most, under_way[number])
        await asyncio.sleep(0)
        under_way[number] -= 1

    load = await closed_loop([lambda: ask(0), lambda: ask(1)], SECONDS)
    assert len(load.latencies_ms) == sum(asked)
    assert min(asked) > 1
    assert most == 1


async def test_the_clocks_tell_what_was_used_meanwhile() -> None:
    ticks = iter((5.0, 7.0))
    load = await closed_loop([lambda: asyncio.sleep(0)], SECONDS, {"server": lambda: next(ticks)})
    assert load.cpu_seconds == {"server": 2.0}
    assert load.cpu_ms("server") == pytest.approx(2000 / len(load.latencies_ms))


async def test_what_goes_wrong_is_not_taken_for_an_answer() -> None:
    async def fail() -> None:
        raise AssertionError("refused")

    with pytest.raises(AssertionError, match="refused"):
        await closed_loop([fail], SECONDS)


def test_percentiles_are_measured_values() -> None:
    load = Load([4.0, 1.0, 3.0, 2.0], 2.0, {}, 0.0)
    assert [load.percentile_ms(share) for share in (0.0, 0.5, 0.75, 0.99)] == [1.0, 2.0, 3.0, 4.0]
    assert load.per_second == 2.0


def test_what_was_never_measured_is_no_number() -> None:
    load = Load([], 2.0, {}, 0.0)
    assert math.isnan(load.percentile_ms(0.5))
    assert math.isnan(load.cpu_ms("server"))
