from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.rest.invalid_json import written
from app.api.rest.lone_surrogate import lone_surrogate

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("\ud800", ()),
        ({"a": {"\udfff": 1}}, ("a",)),
        ({"b": 1, "a": ["x", {"c": "\udc00\ud800"}, "\ud800"]}, ("a", 1, "c")),
        ({"\U0001f99c": "\ud83e x"}, ("\U0001f99c",)),
    ],
)
def test_the_first_one_is_found_by_its_path(value: Any, path: tuple[str | int, ...]) -> None:
    assert lone_surrogate(json.dumps(value).encode()) == path


@settings(derandomize=True, database=None)
@given(VALUES)
def test_what_has_none_has_none_however_it_is_written(value: Any) -> None:
    assert lone_surrogate(json.dumps(value).encode()) is None
    assert lone_surrogate(json.dumps(value, ensure_ascii=False).encode()) is None


@pytest.mark.parametrize("body", [b"", b'"\\ud800', b'\\ud800"\xff"', b"[" * 100_000 + b'"\\ud800"', b"9" * 5_000])
def test_what_is_no_json_at_all_has_none(body: bytes) -> None:
    assert lone_surrogate(body) is None


def test_a_path_is_written_as_openai_has_it() -> None:
    assert written(["messages", 0, "content"]) == "messages[0].content"
    assert written([0, "a"]) == "[0].a"
    assert written([]) == ""
