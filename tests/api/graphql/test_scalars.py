from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from graphql import GraphQLError, GraphQLScalarType
from hypothesis import example, given
from hypothesis import strategies as st

from app.api.graphql.schema import schema

DATE_TIME = schema._schema.type_map["DateTime"]
assert isinstance(DATE_TIME, GraphQLScalarType)
write, read = DATE_TIME.coerce_output_value, DATE_TIME.coerce_input_value

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30)), timezone(timedelta(0)), timezone.max])


@given(st.datetimes(timezones=ZONES))
@example(datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC))
@example(datetime(2026, 1, 31, 23, 59, 59, 999, UTC))
@example(datetime(1, 1, 1, 0, 0, 0, 1, UTC))
def test_a_time_is_told_with_its_offset_and_milliseconds(value: datetime) -> None:
    assert write(value) == value.isoformat(timespec="milliseconds")
    assert timedelta(0) <= value - read(write(value)) < timedelta(milliseconds=1)


def test_a_time_without_an_offset_is_told_to_nobody() -> None:
    with pytest.raises(ValueError, match="naive"):
        write(datetime(2026, 1, 31))


@pytest.mark.parametrize("value", ["2026-01-31T23:59:59", "yesterday", 7, None])
def test_what_is_no_time_with_an_offset_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="RFC 3339"):
        read(value)
