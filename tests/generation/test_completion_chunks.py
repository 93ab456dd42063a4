from __future__ import annotations

import json
from typing import Any

import pytest

from app.chat.completion import Finish, Piece
from app.chat.errors import BackendFailed
from app.chat.records import FinishReason, Usage, UsageSource
from app.generation.completion_chunks import CompletionReader


def read(*chunks: object) -> list[Piece | Finish]:
    """All items of the chunks, which are JSON values, or JSON as text."""
    reader = CompletionReader()
    data = [(chunk if isinstance(chunk, str) else json.dumps(chunk)).encode() for chunk in chunks]
    pieces = [piece for each in data if (piece := reader.read(each))]
    return [*pieces, *reader.end()]


def choice(delta: Any = None, finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason, **more}]}


def test_reads_openais_own_stream() -> None:
    counts = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert read(
        choice({"role": "assistant", "content": ""}),
        choice({"content": "Hel"}),
        choice({"content": "lo"}),
        choice({}, "stop"),
        {"choices": [], "usage": counts},
    ) == [Piece("Hel"), Piece("lo"), Finish(FinishReason.STOP, Usage(3, 2, UsageSource.PROVIDER))]


def test_takes_token_counts_from_the_last_chunk() -> None:
    last = {**choice({}, "length"), "usage": {"prompt_tokens": 1, "completion_tokens": 9}}
    assert read(choice({"content": "x"}), last)[-1] == Finish(FinishReason.LENGTH, Usage(1, 9, UsageSource.PROVIDER))


def test_of_running_token_counts_the_last_ones_count() -> None:
    chunks = [{**choice({"content": "x"}), "usage": {"prompt_tokens": 1, "completion_tokens": n}} for n in (1, 2, 3)]
    assert read(*chunks, choice({}, "stop"))[-1] == Finish(FinishReason.STOP, Usage(1, 3, UsageSource.PROVIDER))


def test_without_token_counts_there_are_none() -> None:
    assert read(choice({"content": "x"}, "stop"), {"choices": [], "usage": None})[-1] == Finish(FinishReason.STOP)


@pytest.mark.parametrize(
    "counts",
    [
        [],
        "many",
        {"prompt_tokens": "3"},
        {"prompt_tokens": 3, "completion_tokens": None},
        {"prompt_tokens": -3, "completion_tokens": 2},
        {"prompt_tokens": 3, "completion_tokens": True},
    ],
)
def test_token_counts_that_are_none_are_ignored(counts: object) -> None:
    assert read({**choice({"content": "x"}, "stop"), "usage": counts})[-1] == Finish(FinishReason.STOP)


def test_does_not_repeat_the_whole_text_that_the_last_chunk_holds() -> None:
    chunks = [choice({"content": "Hi"}), choice({}, "stop", generated_text="Hi", logprobs=0)]
    assert read(*chunks) == [Piece("Hi"), Finish(FinishReason.STOP)]


def test_takes_the_whole_text_of_the_last_chunk_if_there_were_no_deltas() -> None:
    assert read(choice({}, "stop", generated_text="Hi")) == [Piece("Hi"), Finish(FinishReason.STOP)]


def test_reads_a_message_in_place_of_deltas() -> None:
    message = {"role": "assistant", "content": "Hi", "function_call": None}
    assert read(choice(None, "stop", message=message)) == [Piece("Hi"), Finish(FinishReason.STOP)]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_keeps_reasoning_apart_from_the_answer(name: str) -> None:
    chunks = [choice({name: "hm", "content": None}), choice({"content": "yes"}, "stop")]
    assert read(*chunks) == [Piece(reasoning="hm"), Piece("yes"), Finish(FinishReason.STOP)]


def test_joins_content_that_comes_in_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "thinking"}, {"type": "text", "text": "b"}]
    assert read(choice({"content": parts}, "stop")) == [Piece("ab"), Finish(FinishReason.STOP)]


def test_reads_the_first_of_several_choices() -> None:
    both = {"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]}
    assert read(both, choice({}, "stop")) == [Piece("a"), Finish(FinishReason.STOP)]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("stop", FinishReason.STOP),
        ("eos", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("function_call", FinishReason.TOOL_CALLS),
    ],
)
def test_knows_what_finish_reasons_mean(said: str, meant: FinishReason) -> None:
    assert read(choice({}, said)) == [Finish(meant)]


def test_without_a_finish_reason_there_is_no_finish() -> None:
    assert read(choice({"content": "half"}), choice({}, "")) == [Piece("half")]


def test_an_emoji_cut_in_two_is_told_whole() -> None:
    cut = ['{"choices":[{"delta":{"content":"\\ud83d"}}]}', '{"choices":[{"delta":{"content":"\\ude00"}}]}']
    assert read(*cut, choice({}, "stop")) == [Piece("😀"), Finish(FinishReason.STOP)]


def test_half_an_emoji_at_the_end_is_not_lost() -> None:
    assert read('{"choices":[{"delta":{"content":"\\ud83d"}}]}') == [Piece("\ud83d")]


def test_bytes_that_are_not_utf_8_do_not_end_the_stream() -> None:
    data = json.dumps(choice({"content": "a?b"}, "stop")).encode().replace(b"?", b"\xff")
    assert CompletionReader().read(data) == Piece("a\ufffdb")


@pytest.mark.parametrize(
    "odd", [{}, {"choices": None}, {"choices": [None, 5]}, {"choices": [{"delta": None}]}, {"object": "ping"}]
)
def test_chunks_without_anything_in_them_are_passed_over(odd: object) -> None:
    assert read(choice({"content": "a"}), odd, choice({}, "stop")) == [Piece("a"), Finish(FinishReason.STOP)]


@pytest.mark.parametrize("odd", [{"delta": "text"}, {"delta": ["text"]}, {"message": 5}])
def test_deltas_of_no_known_form_are_passed_over(odd: dict[str, Any]) -> None:
    assert read({"choices": [odd]}, choice({}, "stop")) == [Finish(FinishReason.STOP)]


@pytest.mark.parametrize("data", ["", "{", "nonsense", "[1]", '"text"', "null", "[" * 100_000])
def test_what_is_no_json_object_fails_the_completion(data: str) -> None:
    with pytest.raises(BackendFailed) as failed:
        read(data)
    assert failed.value.upstream_code == "UPSTREAM_INVALID"


@pytest.mark.parametrize(
    ("chunk", "code", "message"),
    [
        ({"error": {"message": "too busy", "code": "overloaded"}}, "overloaded", "too busy"),
        ({"error": {"message": "too busy", "type": "overloaded_error", "code": 503}}, "overloaded_error", "too busy"),
        ({"error": "out of memory"}, "UPSTREAM_FAILED", "out of memory"),
        ({"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}, "BadRequestError", "bad"),
        ({"error": {"code": 500}}, "UPSTREAM_FAILED", "the model's server failed"),
    ],
)
def test_an_error_in_the_stream_fails_the_completion_with_its_own_code(chunk: object, code: str, message: str) -> None:
    with pytest.raises(BackendFailed, match=message) as failed:
        read(choice({"content": "a"}), chunk)
    assert failed.value.upstream_code == code
