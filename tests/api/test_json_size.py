"""Whether a JSON document has more values than it may, told from its bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.json_size import has_more_values

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a,[{]}:\\"\n🦜'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='a,[{\\"'), inner),
)


def values_in(document: Any) -> int:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return 1 + sum(values_in(each) for each in inner)


def containers_in(document: Any) -> int:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else None
    return 0 if inner is None else 1 + sum(containers_in(each) for each in inner)


@given(documents, st.integers(0, 20))
def test_too_many_are_always_found(document: Any, most: int) -> None:
    if values_in(document) > most:
        assert has_more_values(json.dumps(document).encode(), most)


@given(documents)
def test_what_is_written_in_a_text_does_not_count(document: Any) -> None:
    most = values_in(document) + containers_in(document)  # an empty container counts as if something were in it
    assert not has_more_values(json.dumps(document).encode(), most)


@pytest.mark.parametrize("inner", [b"[]", b"{}", b"1", b'""', b'{"a":1}'])
def test_a_million_are_too_many_whatever_they_are(inner: bytes) -> None:
    assert has_more_values(b"[" + b",".join([inner] * 1_000_000) + b"]", 250_000)
