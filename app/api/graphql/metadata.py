"""Metadata as clients give it."""

from __future__ import annotations

import json
from typing import Any

from app.chat.errors import BadInput
from app.chat.records import Metadata
from app.chat.text import MAX_METADATA_BYTES, check_metadata


def read_metadata(value: Any) -> Metadata:
    """The metadata; an empty object for null.

    Raises:
        BadInput: it is no object, holds what JSON or PostgreSQL cannot, or is too large.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput("metadata", "must be a JSON object")
    check_metadata(value)
    try:
        size_bytes = len(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
    except ValueError:
        raise BadInput("metadata", "holds a number that JSON has no form for") from None
    if size_bytes > MAX_METADATA_BYTES:
        raise BadInput("metadata", f"has {size_bytes:,} bytes, the most is {MAX_METADATA_BYTES:,}")
    return value
