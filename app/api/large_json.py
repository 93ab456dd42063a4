"""JSON that anybody may send, read without holding up everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from app.api.json_size import has_more_values

INLINE_BYTES: Final = 64 * 1024
"""What is parsed in a few milliseconds. The rest is parsed beside the event loop."""

MAX_JSON_VALUES: Final = 100_000
"""Room for as many messages as there may be, in parts. Memory goes by this rather than by bytes, and so does the time
for which a parser written in C lets no other thread run.
"""

Parsed = TypeVar("Parsed")


class TooManyValues(ValueError):
    """There are more than MAX_JSON_VALUES in it."""

    def __init__(self) -> None:
        super().__init__(f"more than {MAX_JSON_VALUES:,} JSON values")


async def parse_json(text: bytes, parse: Callable[[bytes], Parsed]) -> Parsed:
    """What `parse` makes of it, which is called in a thread where there is much to be read.

    Raises:
        TooManyValues: as it says; it is not parsed.
    """
    if len(text) <= INLINE_BYTES:
        return parse(text)
    return await asyncio.to_thread(_parse_large, text, parse)


def _parse_large(text: bytes, parse: Callable[[bytes], Parsed]) -> Parsed:
    if has_more_values(text, MAX_JSON_VALUES):
        raise TooManyValues
    return parse(text)
