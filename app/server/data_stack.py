"""Where the frames of Python's functions are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

RESERVED_SLOTS: Final = 2**15
"""Of 8 bytes, which nobody touches, so they take no memory. A chunk is made for the first power of two above them, and
what is left of it, nearly as much, is for all frames that follow: those of a thousand calls within each other.
"""

Result = TypeVar("Result")


def with_room(call: Callable[[], Result]) -> Result:
    """Calls it, at the beginning of a chunk of the data stack that nothing in it comes to the end of.

    CPython up to 3.12 keeps frames in chunks of 16 KB and gives one back as soon as it is empty. Where calls go to and
    fro over the end of one, by the chance of how deep they are, each takes two calls of the system and a page to be
    filled with zeros: the same small request took 0.12 ms at most depths, and 0.9 at some.
    https://github.com/python/cpython/issues/142183
    """
    return call()


with_room.__code__ = with_room.__code__.replace(co_stacksize=RESERVED_SLOTS)
