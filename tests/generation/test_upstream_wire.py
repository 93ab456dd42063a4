"""The whole way from bytes to text, for streams cut anywhere: sockets, HTTP, events, chunks."""

from __future__ import annotations

import json

import pytest

from app.chat.completion import Finish
from app.chat.records import FinishReason
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.sse import MAX_EVENT_BYTES
from tests.generation.listening import asking, hear
from tests.upstream.script import Script

TRAPS = 'a\u2028b\u2029c\u0085d 🦜 é "\\" data: [DONE]\n\ndata: x\r\n: no comment'


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"], ids=["LF", "CR", "CRLF"])
@pytest.mark.parametrize("slice_bytes", [1, 2, 3, 7])
async def test_every_kind_of_line_end_survives_every_cut(
    backend: OpenAICompatibleBackend, newline: str, slice_bytes: int
) -> None:
    script = Script(text=TRAPS, deltas=3, newline=newline, slice_bytes=slice_bytes, comments=1, reasoning="\u2028")
    heard = await hear(backend, asking(script))
    assert (heard.failure, heard.text, heard.reasoning) == (None, script.whole_text(), "\u2028")
    assert heard.finish is not None
    assert heard.finish.reason is FinishReason.STOP


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"], ids=["LF", "CR", "CRLF"])
async def test_a_chunk_in_several_lines_of_data_is_one_chunk(backend: OpenAICompatibleBackend, newline: str) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": TRAPS}, "finish_reason": "length"}]}
    lines = json.dumps(chunk, ensure_ascii=False, indent=1).split("\n")
    assert len(lines) > 5
    raw = "".join(f"data: {line}{newline}" for line in lines) + newline + f"data: [DONE]{newline * 2}"
    heard = await hear(backend, asking(Script(raw=raw, slice_bytes=5)))
    assert (heard.failure, heard.text) == (None, TRAPS)
    assert heard.finish == Finish(FinishReason.LENGTH)


async def test_what_was_said_before_an_event_that_is_too_large_is_kept(backend: OpenAICompatibleBackend) -> None:
    """An event that never ends, on a connection that stays: only the cap on its size can end it."""
    said = json.dumps({"choices": [{"index": 0, "delta": {"content": "before"}}]})
    endless = f"data: {said}\n\ndata: {'x' * (MAX_EVENT_BYTES + 1)}"
    heard = await hear(backend, asking(Script(raw=endless, linger=True)))
    assert heard.text == "before"
    assert heard.failure is not None
    assert heard.failure.upstream_code == "UPSTREAM_INVALID"


async def test_a_stream_cut_within_an_event_fails_and_keeps_what_was_said(backend: OpenAICompatibleBackend) -> None:
    said = json.dumps({"choices": [{"index": 0, "delta": {"content": "before"}}]})
    finish = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    heard = await hear(backend, asking(Script(raw=f"data: {said}\n\ndata: {finish}\n")))
    assert heard.text == "before"
    assert heard.failure is not None
    assert heard.failure.upstream_code == "UPSTREAM_INCOMPLETE"


@pytest.mark.parametrize("reason", ["stop", None])
async def test_a_stream_is_complete_by_its_finish_reason_alone(
    backend: OpenAICompatibleBackend, reason: str | None
) -> None:
    """Neither the end mark, nor token counts, nor a body that ends in good order make it complete."""
    script = Script(seed=721, finish_reason=reason, done=reason is None, usage="none" if reason else "every")
    heard = await hear(backend, asking(script))
    assert heard.text == script.whole_text()
    assert (heard.finish is not None, heard.failure is None) == (reason is not None, reason is not None)
