"""Metadata as clients give it."""

from __future__ import annotations

from typing import Any

from app.chat.errors import BadInput
from app.chat.records import Metadata


def read_metadata(value: Any) -> Metadata:
    """The metadata; an empty object for null.

    Raises:
        BadInput: it is no object. What is in it is the domain's to check.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput("metadata", "must be a JSON object")
    return value
