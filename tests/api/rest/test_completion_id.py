from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.rest.completion_id import completion_id, parse_completion_id
from app.chat.errors import NotFound
from app.chat.identifiers import TurnId


@given(st.uuids())
def test_an_id_is_read_back_as_it_was_written(id: TurnId) -> None:
    text = completion_id(id)
    assert len(text) == len("chatcmpl-") + 32
    assert parse_completion_id(text) == id


@given(st.text())
def test_whatever_else_comes_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        parse_completion_id(text)


@pytest.mark.parametrize("suffix", ["", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "\n", "0" * 31 + "٠"])
def test_what_only_resembles_an_id_is_not_found(suffix: str) -> None:
    with pytest.raises(NotFound):
        parse_completion_id(f"chatcmpl-{suffix}")
