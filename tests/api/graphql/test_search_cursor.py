from __future__ import annotations

import base64
import math
import struct
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.api.graphql.search_cursor import search_cursor, search_key
from app.chat.errors import BadInput
from app.chat.identifiers import MessageId
from app.chat.search_hit import SearchKey

ID = UUID(int=7)


@given(st.floats(0, 1000, width=32), st.uuids())
@example(0.1, ID)  # the shortest text of a single-precision float, which that is not
@example(1.401298464324817e-45, ID)
def test_a_cursor_leads_back_to_where_it_points(rank: float, id: UUID) -> None:
    key = SearchKey(rank, MessageId(id))
    assert search_key(search_cursor(key), field="after") == key


def packed(rank: float) -> str:
    return base64.urlsafe_b64encode(struct.pack(">d16s", rank, ID.bytes)).decode()


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "A" * 31, "A" * 33, "A" * 32 + "==", "é" * 32, "/" * 32, "A" * 31 + "\n"),
        *map(packed, (math.nan, math.inf, -1.0, 1e300, 3.5e38, -0.1, 1e-300, 7e-46, 5e-324)),
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        search_key(text, field="after")
    assert refused.value.field == "after"
