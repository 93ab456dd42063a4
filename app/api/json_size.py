"""How much there is in a JSON document, before it is parsed: a value of two bytes can take a hundred in memory."""

from __future__ import annotations

from typing import Final

_MARKS: Final = (b",", b"[", b"{")
"""Each value but the outermost comes after one of these."""

_QUOTES_OF_A_VALUE: Final = 4
"""At the most: its own, and those of its name."""


def has_more_values(body: bytes, most: int) -> bool:
    """Whether there are more than `most` values in it. Of what is no JSON it says anything."""
    if _values(body) <= most:
        return False  # even if what is within strings were none
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    if unescaped.count(b'"') > _QUOTES_OF_A_VALUE * most:
        return True
    return _values(b"".join(unescaped.split(b'"')[::2])) > most


def _values(text: bytes) -> int:
    """At least as many as there are outside of strings."""
    return 1 + sum(text.count(mark) for mark in _MARKS)
