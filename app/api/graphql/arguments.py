"""Arguments and input fields that may be left out."""

from __future__ import annotations

from typing import TypeVar

from strawberry import UNSET

T = TypeVar("T")


def given(value: T | None) -> T | None:
    """The value; None for one that was left out, which a default of UNSET keeps out of the printed schema."""
    return None if value is UNSET else value
