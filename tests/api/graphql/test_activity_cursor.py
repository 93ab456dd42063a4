from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.graphql.activity_cursor import activity_cursor, activity_key
from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId, new_conversation_id
from app.chat.paging import ActivityKey

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))


@given(TIMES, st.uuids())
def test_a_cursor_leads_back_to_where_it_points(time: datetime, id: object) -> None:
    key = ActivityKey(time, ConversationId(id))  # type: ignore[arg-type] # hypothesis types what it makes as object
    assert activity_key(activity_cursor(key, owner="me"), field="after", owner="me") == key


@given(TIMES, st.uuids())
def test_the_cursor_of_anothers_list_is_refused_by_name(time: datetime, id: object) -> None:
    key = ActivityKey(time, ConversationId(id))  # type: ignore[arg-type] # as above
    with pytest.raises(BadInput, match=r"^before: is not a cursor of your list of conversations"):
        activity_key(activity_cursor(key, owner="another"), field="before", owner="me")


def test_a_cursor_points_at_a_moment_whatever_the_offset_it_was_given_in() -> None:
    id = new_conversation_id()
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=5, minutes=30)))
    there, here = (activity_cursor(ActivityKey(each, id), owner="me") for each in (elsewhere, noon))
    assert there == here


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 35, "A" * 37, "A" * 36, "A" * 36 + "==", "é" * 36, "/" * 36, "_" * 36, "A" * 35 + "\n"]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        activity_key(text, field="after", owner="me")
    assert refused.value.field == "after"
