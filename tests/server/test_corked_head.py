from __future__ import annotations

import asyncio

from app.server.corked_head import CorkedHead

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Recording(asyncio.Transport):
    """What it was told, in order."""

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
        return bool(self.calls) and self.calls[-1] in ("close", "abort")

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")


def corked() -> tuple[CorkedHead, Recording]:
    transport = Recording()
    return CorkedHead(transport, asyncio.get_running_loop()), transport


async def test_a_head_is_written_with_what_follows_it_and_that_at_once() -> None:
    writes, transport = corked()
    for _ in range(2):  # which are answers on one connection
        writes.write(HEAD)
        assert writes.get_write_buffer_size() == len(HEAD)
        writes.write(b"ab")
        assert transport.calls.pop() == HEAD + b"ab"
        assert writes.get_write_buffer_size() == 0
    writes.write(b"cd")
    assert transport.calls == [b"cd"]
    await asyncio.sleep(0)
    assert transport.calls == [b"cd"]


async def test_nothing_is_written_to_a_client_that_has_left() -> None:
    writes, transport = corked()
    writes.write(HEAD)
    transport.close()
    for data in (b"ab", HEAD, b"ab"):
        writes.write(data)
    await asyncio.sleep(0)
    assert transport.calls == ["close"]
    assert writes.get_write_buffer_size() == 0


async def test_a_head_that_nothing_follows_waits_for_the_end_of_the_turn_alone() -> None:
    writes, transport = corked()
    writes.write(HEAD)
    assert not transport.calls
    await asyncio.sleep(0)
    assert transport.calls == [HEAD]
    writes.write(b"ab")
    assert transport.calls == [HEAD, b"ab"]


async def test_a_body_that_looks_like_a_head_is_written_all_the_same() -> None:
    writes, transport = corked()
    for _ in range(3):
        writes.write(HEAD)
    await asyncio.sleep(0)
    assert transport.calls == [HEAD + HEAD, HEAD]


async def test_a_close_comes_after_the_head_and_an_abort_in_its_place() -> None:
    writes, transport = corked()
    writes.write(HEAD)
    writes.close()
    await asyncio.sleep(0)
    assert transport.calls == [HEAD, "close"]

    writes, transport = corked()
    writes.write(HEAD)
    writes.abort()
    await asyncio.sleep(0)
    assert transport.calls == ["abort"]


async def test_a_transport_that_is_closed_beside_it_is_written_nothing() -> None:
    writes, transport = corked()
    writes.write(HEAD)
    transport.close()
    await asyncio.sleep(0)
    assert transport.calls == ["close"]


async def test_all_else_is_the_transports_own() -> None:
    writes, transport = corked()
    writes.pause_reading()
    assert transport.calls == ["pause_reading"]
