from __future__ import annotations

import asyncio

import pytest

from app.server.gate import Gate


async def test_all_who_wait_go_on_when_it_opens_and_nobody_waits_while_it_is_open() -> None:
    gate = Gate()
    await gate.wait()
    gate.clear()
    gate.clear()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not gate.is_set()
    assert not any(each.done() for each in waiting)
    gate.set()
    gate.set()
    assert gate.is_set()
    await asyncio.gather(*waiting)
    await gate.wait()


async def test_one_who_gives_up_leaves_the_others_waiting() -> None:
    gate = Gate()
    gate.clear()
    gives_up, waits = (asyncio.create_task(gate.wait()) for _ in range(2))
    await asyncio.sleep(0)
    gives_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gives_up
    assert not waits.done()
    gate.set()
    await waits
