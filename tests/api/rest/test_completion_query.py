from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams

from app.api.rest.completion_id import completion_id
from app.api.rest.completion_query import completion_query, flag, message_window, resume_point
from app.chat.errors import BadInput
from app.chat.history import MAX_SEQ
from app.chat.identifiers import new_turn_id
from app.chat.paging import CompletionQuery, Window


def test_nothing_asked_is_openais_default() -> None:
    assert completion_query(QueryParams("")) == CompletionQuery()
    assert message_window(QueryParams("")) == Window(20)


def test_all_that_can_be_asked() -> None:
    id = new_turn_id()
    text = f"after={completion_id(id)}&limit=5&order=desc&model=m&metadata[a]=b&metadata%5Bc%5D=d%26&metadata[]]=e"
    assert completion_query(QueryParams(text)) == CompletionQuery(
        after=id, limit=5, newest_first=True, model="m", metadata={"a": "b", "c": "d&", "]": "e"}
    )


@pytest.mark.parametrize("text", ["limit=0", "limit=101", "limit=-1", "limit=1e1", "limit=", "limit=٣", "order=ASC"])
def test_a_value_that_cannot_be_is_named(text: str) -> None:
    with pytest.raises(BadInput) as raised:
        completion_query(QueryParams(text))
    assert raised.value.field == text.split("=", maxsplit=1)[0]


@given(st.lists(st.integers(0, MAX_SEQ), min_size=1, max_size=8))
def test_a_place_is_read_back_as_it_was_told(seqs: list[int]) -> None:
    text = ",".join(map(str, seqs))
    assert resume_point(Headers(), QueryParams({"after": text}), len(seqs)) == (tuple(seqs), "after")
    headers = Headers({"last-event-id": text})
    assert resume_point(headers, QueryParams({"after": "0"}), len(seqs)) == (tuple(seqs), "Last-Event-ID")


def test_nothing_said_is_the_beginning() -> None:
    assert resume_point(Headers({"last-event-id": ""}), QueryParams(""), 3)[0] == (0, 0, 0)


@given(st.text(min_size=1), st.integers(1, 8))
def test_whatever_else_is_said_is_refused_and_never_an_accident(text: str, n: int) -> None:
    with suppress(BadInput):
        seqs, _ = resume_point(Headers(), QueryParams({"after": text}), n)
        assert len(seqs) == n
        assert not text.strip() or text.strip().isascii()


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("True", True), ("false", False), ("0", False)]
)
def test_a_flag(text: str, value: bool) -> None:
    assert flag(QueryParams({"x": text}), "x") is value
    assert flag(QueryParams(""), "x") is False
