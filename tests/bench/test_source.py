"""Where the deltas of a benchmark come from."""

from __future__ import annotations

import asyncio

import pytest

from bench.delivery.source import BURST, Numbered, Order, Source, Stream
from bench.delivery.stamp import now_us, stamps_us

SECONDS = 0.05


async def read(deltas: Numbered) -> list[tuple[int, str]]:
    return [each async for each in deltas]


async def produced(source: Source, readers: int, order: Order) -> tuple[int, list[list[tuple[int, str]]]]:
    reading = [asyncio.create_task(read(source.read(f"reply {number}"))) for number in range(readers)]
    await source.readers(readers)
    await asyncio.sleep(0)  # so that they wait
    sent = await source.run(order)
    return sent, [await each for each in reading]


@pytest.mark.parametrize("order", [Order(SECONDS), Order(SECONDS, 4_000)], ids=["unlimited", "paced"])
async def test_all_that_is_sent_is_read_in_order_and_numbered_without_a_gap(order: Order) -> None:
    sent, seen = await produced(Source(Stream), 4, order)
    assert sent == sum(map(len, seen)) > 0
    for deltas in seen:
        assert [seq for seq, _ in deltas] == list(range(1, len(deltas) + 1))
        stamps = stamps_us("".join(text for _, text in deltas).encode())
        assert stamps == sorted(stamps)
        assert len(stamps) == len(deltas)


async def test_a_rate_is_shared_evenly_by_the_replies() -> None:
    sent, seen = await produced(Source(Stream), 5, Order(SECONDS, 2_000))
    assert sent == 2_000 * SECONDS
    assert [len(deltas) for deltas in seen] == [sent / 5] * 5


async def test_without_a_rate_a_reader_that_takes_nothing_is_given_one_burst() -> None:
    source = Source(Stream)
    deltas = source.read("reply")
    first = asyncio.ensure_future(anext(deltas))
    await source.readers(1)
    await asyncio.sleep(0)  # so that it waits
    assert await source.run(Order(SECONDS)) == BURST
    assert (await first)[0] == 1
    assert len(await read(deltas)) == BURST - 1


async def test_joined_what_waits_is_one_delta_with_the_number_of_the_last() -> None:
    stream = Stream(joined=True)
    for text in "abc":
        stream.put(text)
    deltas = stream.read()
    assert await anext(deltas) == (3, "abc")
    stream.put("d")
    stream.end()
    assert await read(deltas) == [(4, "d")]


async def test_a_server_too_busy_to_produce_does_not_make_its_text_look_young() -> None:
    source = Source(Stream)
    reading = asyncio.create_task(read(source.read("reply")))
    await source.readers(1)
    running = asyncio.create_task(source.run(Order(0.2, 1_000)))
    await asyncio.sleep(0)
    until_us = now_us() + 100_000
    while now_us() < until_us:
        pass  # the work that holds the loop up
    await running
    stamps = stamps_us("".join(text for _, text in await reading).encode())
    assert stamps[20] < until_us - 50_000, "text that was due long ago is stamped with the time of its making"


async def test_a_source_begins_anew_for_other_readers() -> None:
    source = Source(Stream)
    for _ in range(2):
        sent, [deltas] = await produced(source, 1, Order(SECONDS, 1_000))
        assert len(deltas) == sent
