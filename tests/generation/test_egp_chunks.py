"""What EGP's chunks mean, and which streams of them are complete."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from app.chat.completion import Finish, Piece
from app.chat.errors import BackendFailed
from app.chat.records import FinishReason, Usage, UsageSource
from app.generation.egp_chunks import EgpReader

COUNTS = {"prompt": 71, "completion": 45, "total": 116}
COUNTED = Usage(71, 45, UsageSource.PROVIDER)


def chunk(content: str | None = "", reason: str | None = None, counts: Any = None, **message: Any) -> bytes:
    completion = {"message": {"role": "agent", "content": content, **message}, "finish_reason": reason}
    return json.dumps({"chat_completion": completion, "token_usage": counts}).encode()


def reading(*chunks: bytes, ended: bool = False, closed: bool = False) -> tuple[str, Finish | None]:
    """What was said, and how it finished.

    Args:
        ended: whether the stream came to an end of its own.
        closed: whether it ended in good order, as its connection did; if neither, it was cut.
    """
    reader = EgpReader()
    items = [piece for each in chunks if (piece := reader.read(each))]
    if ended or closed:
        reader.stream_ended(certain=ended)
    return said([*items, *reader.end()])


def said(items: Iterable[Piece | Finish]) -> tuple[str, Finish | None]:
    text, finish = "", None
    for item in items:
        if isinstance(item, Finish):
            finish = item
        else:
            text += item.content
    return text, finish


def test_the_answer_of_the_documentation_is_complete_with_its_token_counts() -> None:
    assert reading(chunk("Hello!", None, COUNTS), ended=True) == ("Hello!", Finish(FinishReason.STOP, COUNTED))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("max_tokens", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
    ],
)
def test_a_finish_reason_finishes_even_when_the_connection_is_cut_after_it(name: str, reason: FinishReason) -> None:
    assert reading(chunk("a"), chunk("b"), chunk("", name)) == ("ab", Finish(reason))


def test_token_counts_without_text_after_uncounted_text_finish_when_the_connection_is_closed_in_good_order() -> None:
    chunks = chunk("a"), chunk("", None, COUNTS)
    assert reading(*chunks, closed=True) == ("a", Finish(FinishReason.STOP, COUNTED))
    assert reading(*chunks) == ("a", None)


def test_token_counts_beside_text_do_not_finish() -> None:
    assert reading(chunk("a"), chunk("b", None, COUNTS), closed=True) == ("ab", None)


def test_token_counts_in_every_chunk_do_not_finish() -> None:
    assert reading(chunk("a", None, COUNTS), chunk("b", None, COUNTS), closed=True) == ("ab", None)
    assert reading(chunk("a", None, COUNTS), chunk("", None, COUNTS), closed=True) == ("a", None)


def test_text_after_token_counts_takes_the_finish_back() -> None:
    assert reading(chunk("a"), chunk("", None, COUNTS), chunk("b"), closed=True) == ("ab", None)


def test_text_alone_is_complete_when_the_stream_came_to_its_end_and_not_when_it_was_cut() -> None:
    assert reading(chunk("a"), ended=True) == ("a", Finish(FinishReason.STOP))
    assert reading(chunk("a"), ended=False) == ("a", None)


@pytest.mark.parametrize("chunks", [[], [chunk()], [chunk(None)], [b"{}"]])
def test_a_stream_that_ends_without_text_or_token_counts_is_not_complete(chunks: list[bytes]) -> None:
    assert reading(*chunks, ended=True) == ("", None)


def test_an_empty_answer_with_token_counts_is_complete() -> None:
    assert reading(chunk("", None, COUNTS), ended=True) == ("", Finish(FinishReason.STOP, COUNTED))


def test_a_tool_that_is_asked_for_is_why_it_ends() -> None:
    asked = chunk(None, tool_request={"name": "search", "arguments": "{}"})
    assert reading(asked) == ("", Finish(FinishReason.TOOL_CALLS))


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"completion": 2, "total": 5}, Usage(3, 2, UsageSource.PROVIDER)),
        ({"prompt": 3, "completion": None, "total": 5}, Usage(3, 2, UsageSource.PROVIDER)),
        ({"prompt": 3, "completion": 2}, Usage(3, 2, UsageSource.PROVIDER)),
        ({"total": 5}, None),
        ({"prompt": "3", "completion": 2}, None),
        ({"prompt": -3, "completion": 2}, None),
        ({"prompt": 3, "completion": True}, None),
        ({"prompt": 9, "total": 3}, None),
        ({"prompt": 3, "total": True}, None),
        ("5", None),
    ],
)
def test_two_of_three_token_counts_are_enough(counts: Any, usage: Usage | None) -> None:
    assert reading(chunk("a", "stop", counts)) == ("a", Finish(FinishReason.STOP, usage))


def test_halves_of_an_emoji_in_two_chunks_are_joined() -> None:
    assert reading(chunk("\ud83e"), chunk("\udd9c"), chunk("", "stop")) == ("🦜", Finish(FinishReason.STOP))


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ({"detail": "no room", "code": "engine_overloaded"}, "engine_overloaded", "no room"),
        ({"detail": "no room"}, "UPSTREAM_FAILED", "no room"),
        ({"detail": {"detail": "no room"}}, "UPSTREAM_FAILED", "no room"),
        (
            {"detail": [{"loc": ["body", "model"], "msg": "unknown"}]},
            "UPSTREAM_FAILED",
            "body.model: unknown",
        ),
        ({"detail": [{"msg": "no room"}, {"loc": 5, "msg": "none"}, 7]}, "UPSTREAM_FAILED", "^no room; none$"),
        ({"detail": [7]}, "UPSTREAM_FAILED", "the model's server failed"),
        ({"error": {"message": "no room", "code": "engine_overloaded"}}, "engine_overloaded", "no room"),
    ],
)
def test_an_error_in_the_stream_is_told_in_its_own_words(data: object, code: str, words: str) -> None:
    with pytest.raises(BackendFailed, match=words) as raised:
        reading(chunk("a"), json.dumps(data).encode())
    assert raised.value.upstream_code == code


@pytest.mark.parametrize("data", [b"{", b"[]", b"null", b'"text"'])
def test_nonsense_in_the_stream_fails(data: bytes) -> None:
    with pytest.raises(BackendFailed) as raised:
        reading(data)
    assert raised.value.upstream_code == "UPSTREAM_INVALID"
