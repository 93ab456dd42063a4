from __future__ import annotations

import asyncio
from typing import cast

from app.server.gathered_writes import MOST_GATHERED_BYTES, GatheredWrites
from app.server.turn import Turn


class Recording(asyncio.Transport):
    """What the system is called for, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def is_closing(self) -> bool:
        return self.calls[-1] in ("close", "abort")

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")


def gathered() -> tuple[GatheredWrites, Recording]:
    transport = Recording()
    return GatheredWrites(transport, Turn(asyncio.get_running_loop())), transport


async def test_the_first_of_a_turn_is_written_at_once_and_the_others_together() -> None:
    writes, transport = gathered()
    for turn in (b"a", b"b"):
        for number in range(4):
            writes.write(turn + b"%d" % number)
        assert transport.calls[-1] == turn + b"0"
        assert writes.get_write_buffer_size() == 6
        await asyncio.sleep(0)
        assert writes.get_write_buffer_size() == 0
    assert transport.calls == [b"a0", b"a1a2a3", b"b0", b"b1b2b3"]


async def test_one_that_writes_much_in_a_turn_is_held_up_by_the_transport() -> None:
    writes, transport = gathered()
    for _ in range(10):
        writes.write(bytes(1_000))
        assert writes.get_write_buffer_size() <= MOST_GATHERED_BYTES
    written = sum(len(cast("bytes", each)) for each in transport.calls)
    assert written + writes.get_write_buffer_size() == 10_000


async def test_a_close_comes_after_what_was_written_and_an_abort_in_its_place() -> None:
    writes, transport = gathered()
    writes.write(b"a")
    writes.write(b"b")
    writes.close()
    await asyncio.sleep(0)
    assert transport.calls == [b"a", b"b", "close"]

    writes, transport = gathered()
    writes.write(b"a")
    writes.write(b"b")
    writes.abort()
    await asyncio.sleep(0)
    assert transport.calls == [b"a", "abort"]


async def test_all_else_is_the_transports_own() -> None:
    writes, transport = gathered()
    writes.pause_reading()
    assert transport.calls == ["pause_reading"]
