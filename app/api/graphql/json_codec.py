"""JSON as the transports read and write it.

orjson does nearly all of it. What it refuses and JSON's grammar allows (a lone surrogate as `\\ud800`, an integer of
more than 64 bits) goes the slow way, so that it reaches the domain, which names the field that cannot be stored.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson


class NotJson(ValueError):
    """The text is not JSON, or is nested too deep to be read."""


def decode(text: str | bytes) -> Any:
    """Raises:
    NotJson: as it says.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def encode(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _refuse_constant(name: str) -> NoReturn:
    """RFC 8259 has no NaN and no Infinity."""
    raise ValueError(f"{name} is not JSON")
