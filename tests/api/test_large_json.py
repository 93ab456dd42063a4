"""Long JSON is parsed beside the event loop, and what would fill memory is not parsed at all."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from app.api.large_json import INLINE_BYTES, MAX_JSON_VALUES, TooManyValues, parse_json


def thread_of(_text: bytes) -> int:
    return threading.get_ident()


async def test_what_is_short_is_parsed_at_once() -> None:
    assert await parse_json(b" " * INLINE_BYTES, thread_of) == threading.get_ident()


async def test_others_are_served_while_long_json_is_parsed() -> None:
    served = threading.Event()

    async def serve() -> None:
        served.set()

    other = asyncio.create_task(serve())
    assert await parse_json(b" " * (INLINE_BYTES + 1), lambda _: served.wait(30))
    await other


async def test_more_values_than_memory_is_kept_for_are_not_parsed() -> None:
    parsed: list[bytes] = []
    with pytest.raises(TooManyValues, match=f"{MAX_JSON_VALUES:,} JSON values"):
        await parse_json(json.dumps([[]] * MAX_JSON_VALUES).encode(), parsed.append)
    assert parsed == []


async def test_as_many_values_as_there_may_be_are_parsed() -> None:
    values = [0] * (MAX_JSON_VALUES - 2)
    assert await parse_json(json.dumps(values).encode(), json.loads) == values


async def test_what_the_parser_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await parse_json(b" " * (INLINE_BYTES + 1), lambda _: 1 // 0)
