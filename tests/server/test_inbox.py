from __future__ import annotations

import asyncio

import pytest

from app.server.inbox import Inbox


async def test_messages_come_in_the_order_in_which_they_were_put() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.put_nowait({"number": number})
    assert len(inbox) == 3
    assert [(await inbox.get())["number"] for _ in range(3)] == [0, 1, 2]
    assert inbox.empty()


async def test_a_reader_waits_for_what_is_put_later() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert not reading.done()
    inbox.put_nowait({"type": "first"})
    inbox.put_nowait({"type": "second"})
    assert (await reading)["type"] == "first"
    assert (await inbox.get())["type"] == "second"


async def test_a_reader_that_is_cancelled_takes_nothing_along() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait({"type": "kept"})
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await inbox.get())["type"] == "kept"
