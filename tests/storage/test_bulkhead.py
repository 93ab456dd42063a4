from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from app.chat.errors import StorageUnavailable
from app.storage.bulkhead import Bulkhead

SOON_SECONDS = 0.05
DEADLINE_SECONDS = 15


@dataclass
class Work:
    """Begins at once and ends when the test says so."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False

    async def __call__(self) -> str:
        self.begun.set()
        await self.may_end.wait()
        if self.fails:
            raise RuntimeError("as told")
        return "done"


def bulkhead(
    max_at_once: int = 1, max_at_once_of_owner: int = 1, max_wait_seconds: float = DEADLINE_SECONDS
) -> Bulkhead:
    return Bulkhead(
        max_at_once,
        max_at_once_of_owner=max_at_once_of_owner,
        max_wait_seconds=max_wait_seconds,
        because="too much; try again",
    )


async def test_who_waits_gets_a_place_when_one_is_left() -> None:
    places, first, second = bulkhead(), Work(), Work()
    running = asyncio.create_task(places.run("one", first))
    await first.begun.wait()
    waiting = asyncio.create_task(places.run("another", second))
    first.may_end.set()
    second.may_end.set()
    assert [await running, await waiting] == ["done", "done"]


async def test_who_waits_for_too_long_is_told_and_takes_no_place() -> None:
    places, first, second = bulkhead(max_wait_seconds=SOON_SECONDS), Work(), Work()
    running = asyncio.create_task(places.run("one", first))
    await first.begun.wait()
    for owner in ("one", "another"):
        with pytest.raises(StorageUnavailable, match="too much; try again"):
            await places.run(owner, second)
    assert not second.begun.is_set()
    first.may_end.set()
    await running
    second.may_end.set()
    assert [await places.run(owner, second) for owner in ("one", "another")] == ["done", "done"]


async def test_an_owner_leaves_places_to_others_however_much_waits() -> None:
    places, own, another = bulkhead(2), [Work() for _ in range(20)], Work()
    running = [asyncio.create_task(places.run("one", each)) for each in own]
    await own[0].begun.wait()
    beside = asyncio.create_task(places.run("another", another))
    await another.begun.wait()
    assert [each.begun.is_set() for each in own] == [True] + [False] * 19
    for each in (*own, another):
        each.may_end.set()
    await asyncio.gather(beside, *running)


async def test_who_goes_leaves_the_work_under_way_and_its_place_taken() -> None:
    places, first, second = bulkhead(), Work(), Work()
    running = asyncio.create_task(places.run("one", first))
    await first.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    waiting = asyncio.create_task(places.run("another", second))
    await asyncio.wait({waiting}, timeout=SOON_SECONDS)
    assert not second.begun.is_set()
    first.may_end.set()
    await second.begun.wait()
    second.may_end.set()
    assert await waiting == "done"


async def test_who_goes_while_waiting_takes_no_place() -> None:
    places, first, second, third = bulkhead(), Work(), Work(), Work()
    running = asyncio.create_task(places.run("one", first))
    await first.begun.wait()
    goes, stays = (asyncio.create_task(places.run("another", each)) for each in (second, third))
    await asyncio.wait({goes, stays}, timeout=SOON_SECONDS)
    goes.cancel()
    await asyncio.wait({goes})
    for each in (first, second, third):
        each.may_end.set()
    assert [await running, await stays] == ["done", "done"]
    assert not second.begun.is_set()


async def test_work_that_fails_leaves_its_place() -> None:
    places, work = bulkhead(), Work(fails=True)
    work.may_end.set()
    for _ in range(3):
        with pytest.raises(RuntimeError, match="as told"):
            await places.run("one", work)
