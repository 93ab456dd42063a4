"""The custom scalars."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

__all__ = ["JSON", "SCALARS"]

_MILLISECONDS: Final = slice(1, len('"2026-01-31T23:59:59.123'))
"""Of a date and time as JSON in UTC: without the quotes, the microseconds and the offset."""


def _write_date_time(value: datetime) -> str:
    """Raises:
    ValueError: the value has no offset, so that nobody could tell when it was.
    """
    if value.tzinfo is None:
        raise ValueError("a naive datetime has no RFC 3339 form")
    if value.tzinfo is UTC and value.microsecond:  # without which orjson writes seconds alone
        return orjson.dumps(value)[_MILLISECONDS].decode() + "+00:00"  # in a third of the time
    return value.isoformat(timespec="milliseconds")


def _read_date_time(value: Any) -> datetime:
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        read = None
    if read is None or read.tzinfo is None:
        raise GraphQLError("DateTime must be an RFC 3339 date-time with an offset.")
    return read


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A date and time as RFC 3339 has it, with offset and milliseconds: 2026-01-31T23:59:59.123+00:00.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_write_date_time,
        parse_value=_read_date_time,
    ),
}
