from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.graphql.json_codec import NotJson, decode, encode

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=10,
)


@given(VALUES)
def test_whatever_json_can_hold_comes_back_as_it_was(value: Any) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ud800"),
        (r'"\ud83d\ude00"', "😀"),
        (r'{"\udfff":["\ud800a"]}', {"\udfff": ["\ud800a"]}),
        ('"\u2028"', "\u2028"),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_what_cannot_be_stored_is_read_exactly(text: str, value: Any) -> None:
    assert decode(text) == decode(text.encode()) == value


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[Infinity]", "-Infinity", "'a'", '{"a":1,}', b'"\xff"', b"\xef\xbb\xbf1", "[" * 100_000]
)
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(NotJson):
        decode(text)


def test_what_the_fast_writer_refuses_is_written_all_the_same() -> None:
    assert encode({"a": "\ud800", "b": 2**70}) == '{"a":"\\ud800","b":1180591620717411303424}'


def test_text_is_written_as_it_is() -> None:
    assert encode({"a": "é\u2028😀"}) == '{"a":"é\u2028😀"}'
