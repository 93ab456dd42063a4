"""Text that says when it was produced: so its age is known wherever it is seen, and however many were joined.

By the machine's monotonic clock, which all its processes share: Python's `time.monotonic_ns` and Node's
`process.hrtime` both read CLOCK_MONOTONIC.
"""

from __future__ import annotations

import re
import time
from typing import Final

_DIGITS: Final = 16
_WORD: Final = "abc "
STAMPED_CHARACTERS: Final = _DIGITS + len(_WORD)
_STAMP: Final = re.compile(rb"(\d{%d})%s" % (_DIGITS, _WORD.encode()))


def now_us() -> int:
    return time.monotonic_ns() // 1000


def stamped(produced_us: int) -> str:
    """A delta's text: about as long as a model's token and its JSON."""
    return f"{produced_us:0{_DIGITS}d}{_WORD}"


def stamps_us(data: bytes) -> list[int]:
    """Of all the stamped text in it, in order."""
    return [*map(int, _STAMP.findall(data))]
