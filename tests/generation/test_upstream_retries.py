"""When the backend asks an upstream again: before the first piece, for what may pass, while somebody waits."""

from __future__ import annotations

import asyncio
import json

import pytest

from app.generation.openai_compatible import OpenAICompatibleBackend
from tests.generation.listening import asking, hear
from tests.upstream.process import Upstream
from tests.upstream.script import Script


async def times_asked(upstream: Upstream, script: Script) -> int:
    asked = [each["body"]["messages"][0]["content"] for each in (await upstream.state())["requests"]]
    return asked.count(script.prompt())


async def test_an_error_before_the_first_piece_is_asked_about_again(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=711, error_after=0, code="overloaded_error")
    heard = await hear(backend, asking(script))
    assert heard.failure is not None
    assert heard.failure.upstream_code == "overloaded_error"
    assert await times_asked(upstream, script) == 3


async def test_an_error_after_the_first_piece_is_not(backend: OpenAICompatibleBackend, upstream: Upstream) -> None:
    script = Script(seed=712, error_after=1, code="overloaded_error")
    heard = await hear(backend, asking(script))
    assert heard.text == script.whole_text(1)
    assert await times_asked(upstream, script) == 1


async def test_reasoning_is_a_first_piece(backend: OpenAICompatibleBackend, upstream: Upstream) -> None:
    script = Script(seed=713, reasoning="hm", break_after=0, break_cleanly=True)
    heard = await hear(backend, asking(script))
    assert heard.reasoning == "hm"
    assert heard.failure is not None
    assert await times_asked(upstream, script) == 1


async def test_an_error_that_does_not_pass_is_not_asked_about_again(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=714, error_after=0, code="insufficient_quota")
    heard = await hear(backend, asking(script))
    assert heard.failure is not None
    assert not heard.failure.can_retry
    assert await times_asked(upstream, script) == 1


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        ({"message": "bad", "type": "BadRequestError", "code": 400}, 1),
        ({"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}, 1),
        ({"message": "odd", "type": "invalid_request_error", "param": "messages"}, 1),
        ({"message": "busy", "type": "overloaded_error", "code": 503}, 3),
        ({"message": "busy", "type": "server_error", "code": None}, 3),
    ],
)
async def test_an_error_that_a_stream_begins_with_is_asked_about_again_if_it_may_pass(
    backend: OpenAICompatibleBackend, upstream: Upstream, error: dict[str, object], attempts: int
) -> None:
    script = Script(seed=717, raw=f"data: {json.dumps({'error': error})}\n\n")
    heard = await hear(backend, asking(script))
    assert heard.failure is not None
    assert heard.failure.can_retry is (attempts > 1)
    assert await times_asked(upstream, script) == attempts


async def test_an_error_in_characters_that_no_answer_can_hold_is_told_all_the_same(
    backend: OpenAICompatibleBackend,
) -> None:
    raw = 'data: {"error": {"code": "a\\ud83d", "message": "half \\ud83d"}}\n\n'
    failure = (await hear(backend, asking(Script(raw=raw)))).failure
    assert failure is not None
    assert (failure.upstream_code, str(failure)) == ("a\ufffd", "half \ufffd")


@pytest.mark.parametrize("status", [429, 503])
async def test_an_upstream_that_wants_to_be_left_alone_for_long_is(
    backend: OpenAICompatibleBackend, upstream: Upstream, status: int
) -> None:
    script = Script(seed=715, status=status, retry_after="21")
    heard = await hear(backend, asking(script))
    assert heard.failure is not None
    assert heard.failure.retry_after_seconds == 21
    assert await times_asked(upstream, script) == 1


async def test_whoever_goes_while_the_backend_waits_to_ask_again_is_not_asked_for_any_more(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=716, status=429, retry_after="15")
    hearing = asyncio.create_task(hear(backend, asking(script)))
    await upstream.reaches(lambda state: state["refused"].get(script.prompt()) == 1)
    hearing.cancel()
    async with asyncio.timeout(5):  # not the fifteen seconds that the upstream asked for
        await asyncio.wait([hearing])
    assert hearing.cancelled()
    assert (await upstream.state())["refused"][script.prompt()] == 1


async def test_why_a_stream_came_back_empty_is_found_out_by_asking_for_the_whole(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=721, status=400, code="context_length_exceeded", message="8,192 at most", silent_refusal=True)
    heard = await hear(backend, asking(script))
    assert heard.failure is not None
    assert heard.failure.upstream_code == "context_length_exceeded"
    assert "8,192 at most" in str(heard.failure)
    assert not heard.failure.can_retry
    assert await times_asked(upstream, script) == 2


async def test_a_whole_answer_without_a_finish_reason_broke_off_and_is_not_asked_for_again(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=722, whole=True, finish_reason=None)
    heard = await hear(backend, asking(script))
    assert heard.text == script.whole_text()
    assert heard.failure is not None
    assert "broke off" in str(heard.failure)
    assert await times_asked(upstream, script) == 1
