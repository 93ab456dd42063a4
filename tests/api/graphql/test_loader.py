from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence

import pytest

from app.api.graphql.loader import KnownLoader, Loader
from app.api.graphql.selection.foreseen import Unknown, result_of


class Squares(Loader[int, int]):
    """Of even numbers, and None of odd ones."""

    def __init__(self) -> None:
        super().__init__(self._squares)
        self.asked: list[list[int]] = []

    async def _squares(self, numbers: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(list(numbers))
        await asyncio.sleep(0)
        return {each: each**2 for each in numbers if each % 2 == 0}


async def test_what_is_asked_for_at_once_is_read_at_once_and_never_again() -> None:
    squares = Squares()
    assert await asyncio.gather(*map(squares.load, (2, 3, 2))) == [4, None, 4]
    assert await asyncio.gather(*map(squares.load, (3, 4))) == [None, 16]
    assert squares.asked == [[2, 3], [4]]


async def test_what_was_learned_is_not_read() -> None:
    squares = Squares()
    squares.memory.learn((each, -each) for each in (1, 2))
    assert await asyncio.gather(*map(squares.load, (1, 2, 4))) == [-1, -2, 16]
    assert squares.asked == [[4]]


async def test_what_is_learned_while_a_read_is_waited_for_is_not_read_either() -> None:
    squares = Squares()
    waiting = asyncio.gather(*map(squares.load, (2, 4)))
    squares.memory.learn([(2, -2)])
    assert await waiting == [-2, 16]
    assert squares.asked == [[4]]


async def test_nobody_goes_through_what_nobody_asks_for() -> None:
    squares, gone_through = Squares(), list[int]()

    def found() -> Generator[tuple[int, int]]:
        for each in (1, 2):
            gone_through.append(each)
            yield each, -each

    squares.memory.learn(found())
    assert gone_through == []
    assert await squares.load(1) == -1
    assert gone_through == [1, 2]


async def test_who_goes_takes_nobodys_answer_along() -> None:
    squares = Squares()
    one, other = asyncio.ensure_future(squares.load(2)), asyncio.ensure_future(squares.load(2))
    await asyncio.sleep(0)
    one.cancel()
    assert await other == 4
    with pytest.raises(asyncio.CancelledError):
        await one


async def test_a_loader_that_reads_nothing_gives_what_is_known_without_waiting() -> None:
    squares = Squares()
    known = KnownLoader(squares.memory)
    with pytest.raises(Unknown):
        result_of(known.load(2))
    await asyncio.gather(*map(squares.load, (2, 3)))
    assert [result_of(known.load(each)) for each in (2, 3)] == [4, None]
    assert squares.asked == [[2, 3]]
