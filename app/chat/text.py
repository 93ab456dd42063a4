"""What text Parley takes: all that PostgreSQL can hold and give back unchanged."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from app.chat.errors import BadInput

MAX_CONTENT_BYTES = 4 * 1024 * 1024
MAX_TITLE_CHARACTERS = 500
MAX_MODEL_CHARACTERS = 200
MAX_METADATA_BYTES = 64 * 1024
MAX_METADATA_DEPTH = 20
METADATA_INTEGERS = range(-(2**63), 2**64)
"""Larger ones come back from JSON as floats, which are not the same."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def check_text(value: str, field: str, *, max_bytes: int = MAX_CONTENT_BYTES) -> str:
    """The text as it came.

    Raises:
        BadInput: it holds NUL or a lone surrogate, which no PostgreSQL text can hold, or it is too long.
    """
    if found := _UNSTORABLE.search(value):
        what = "a NUL character" if found[0] == "\0" else "a lone surrogate"
        raise BadInput(field, f"{what} at position {found.start()} cannot be stored")
    if len(value) > max_bytes or len(value.encode()) > max_bytes:
        raise BadInput(field, f"has more than {max_bytes:,} bytes of UTF-8")
    return value


def storable(text: str) -> str:
    """What a backend said, made storable: U+FFFD stands for NUL and for lone surrogates.

    A backend's text cannot be refused without losing what surrounds it.
    """
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def check_metadata(value: Mapping[str, Any], field: str = "metadata") -> Mapping[str, Any]:
    """The metadata as it came.

    Raises:
        BadInput: a string or a number in it cannot be stored, it is nested too deep, or it is too large.
    """
    if not value:
        return value
    _check_json(value, field, MAX_METADATA_DEPTH)
    size_bytes = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    if size_bytes > MAX_METADATA_BYTES:
        raise BadInput(field, f"has {size_bytes:,} bytes, the most is {MAX_METADATA_BYTES:,}")
    return value


def _check_json(value: object, field: str, levels: int) -> None:
    if levels < 0:
        raise BadInput(field, f"is nested more than {MAX_METADATA_DEPTH} levels deep")
    if isinstance(value, str):
        check_text(value, field, max_bytes=MAX_METADATA_BYTES)
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadInput(field, "holds a number that JSON has no form for")
    elif isinstance(value, int) and value not in METADATA_INTEGERS:
        raise BadInput(field, "holds an integer of more than 64 bits")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_text(key, field, max_bytes=MAX_METADATA_BYTES)
            _check_json(item, f"{field}.{key}", levels - 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json(item, f"{field}[{index}]", levels - 1)


def check_characters(value: str, field: str, most: int) -> str:
    """As `check_text`, for a line of at most `most` characters."""
    if len(value) > most:
        raise BadInput(field, f"has {len(value):,} characters, the most is {most:,}")
    return check_text(value, field)
