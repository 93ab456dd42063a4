"""Where a lone surrogate stands in JSON that the parser refuses for it, which says no more than a line and a column.

JSON's grammar has them (RFC 8259, 8.2), but they are no text, and no PostgreSQL text can hold one.
"""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

PROBLEM: Final = "a lone surrogate is no text"

_ESCAPED: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE: Final = re.compile("[\ud800-\udfff]")


def lone_surrogate(body: bytes) -> Path | None:
    """The path of the first string that has one, of a key that of its object; None if it is not for that."""
    if not _ESCAPED.search(body):
        return None
    try:
        waiting: list[tuple[Path, object]] = [((), json.loads(body))]
    except (ValueError, RecursionError):
        return None
    while waiting:
        path, value = waiting.pop()
        match value:
            case str() if _LONE.search(value):
                return path
            case list():
                waiting += [((*path, index), value[index]) for index in reversed(range(len(value)))]
            case dict() if any(map(_LONE.search, value)):
                return path
            case dict():
                waiting += [((*path, key), each) for key, each in reversed(value.items())]
    return None
