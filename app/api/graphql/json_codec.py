"""JSON as the transports read and write it."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

import orjson


class NotJson(ValueError):
    """The text is not JSON, or is nested too deep to be read."""


def decode(text: str | bytes) -> Any:
    """What RFC 8259 allows, exactly: lone surrogates too, and integers of any size.

    orjson refuses the former and rounds the latter. The domain refuses both where they cannot be stored, by the name of
    the field. Requests are few beside the events that are written.

    Raises:
        NotJson: as it says.
    """
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def encode(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a lone surrogate that is echoed, or an integer of more than 64 bits
        return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
"""`json.loads` makes a new one for each text, which takes as long as to read a small one."""
