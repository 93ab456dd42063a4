"""The EGP backend against a real upstream process, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator

import pytest

from app.chat.completion import Finish, Piece
from app.chat.errors import BackendFailed, BackendFault
from app.chat.parameters import CompletionParameters
from app.chat.records import FinishReason, Usage, UsageSource
from app.generation.egp import EgpBackend
from app.generation.retrying import RetryPolicy
from app.generation.upstream_client import MAX_REFUSAL_BYTES
from tests.generation.conftest import IMPATIENT, QUICK
from tests.generation.listening import asking, hear
from tests.generation.raw_upstream import answering, reset
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import Script

DIALECTS = {
    "token counts in an event of their own": Script(seed=1, done=False),
    "no finish reason": Script(seed=2, done=False, finish_reason=None),
    "an end mark": Script(seed=3, done=True),
    "neither finish reason nor end mark, token counts with the last text": Script(
        seed=4, done=False, finish_reason=None, usage="last"
    ),
    "token counts in every event": Script(seed=5, done=False, finish_reason=None, usage="every"),
    "CRLF": Script(seed=6, newline="\r\n"),
    "CR": Script(seed=7, newline="\r"),
    "comments": Script(seed=8, comments=3),
    "byte by byte": Script(seed=9, deltas=5, slice_bytes=1),
    "no stream although one was asked for": Script(seed=10, whole=True, finish_reason=None),
    "a body without an end of its own, after a finish reason": Script(seed=11, framed=False),
    "long deltas": Script(deltas=3, text="🦜\u2028" * 200_000),
}


@pytest.fixture
async def egp(upstream: Upstream) -> AsyncGenerator[EgpBackend, None]:
    """On the upstream; asks again without delay."""
    backend = EgpBackend(base_url=upstream.egp_base_url, api_key="a-key", retries=QUICK)
    yield backend
    await backend.close()


@pytest.fixture
async def impatient_egp(upstream: Upstream) -> AsyncGenerator[EgpBackend, None]:
    """As `egp`, with deadlines that a test can wait for."""
    backend = EgpBackend(base_url=upstream.egp_base_url, deadlines=IMPATIENT, retries=QUICK)
    yield backend
    await backend.close()


async def times_asked(upstream: Upstream, script: Script) -> int:
    bodies = [each["body"]["messages"][0]["content"] for each in (await upstream.state())["requests"]]
    return bodies.count(script.prompt())


@pytest.mark.parametrize("script", DIALECTS.values(), ids=DIALECTS)
async def test_every_dialect_gives_the_text_byte_for_byte(egp: EgpBackend, script: Script) -> None:
    heard = await hear(egp, asking(script))
    assert heard.failure is None
    assert heard.text == script.whole_text()
    assert heard.finish == Finish(FinishReason.STOP, Usage(7, len(script.pieces()), UsageSource.PROVIDER))


@pytest.mark.parametrize("done", [False, True])
async def test_text_alone_is_complete_when_the_body_comes_to_its_end(egp: EgpBackend, done: bool) -> None:
    script = Script(seed=20, usage="none", finish_reason=None, done=done)
    heard = await hear(egp, asking(script))
    assert (heard.failure, heard.text) == (None, script.whole_text())
    assert heard.finish == Finish(FinishReason.STOP)


async def test_the_upstream_gets_the_key_and_what_was_asked(egp: EgpBackend, upstream: Upstream) -> None:
    await hear(egp, asking(Script(seed=21), CompletionParameters(temperature=0.5, max_tokens=5, stop=("x",))))
    last = (await upstream.state())["requests"][-1]
    assert (last["headers"]["x-api-key"], last["headers"]["authorization"]) == ("a-key", None)
    assert last["body"] == {
        "model": "upstream",
        "messages": [{"role": "user", "content": Script(seed=21).prompt()}],
        "stream": True,
        "model_parameters": {"temperature": 0.5, "max_tokens": 5, "stop_sequences": ["x"]},
    }


CUT = {
    "by a reset": Script(seed=30, deltas=50, break_after=30, usage="none"),
    "without an end of the body": Script(
        seed=31, deltas=50, break_after=30, usage="none", framed=False, break_cleanly=True
    ),
    "by a reset, with token counts so far in every event": Script(seed=32, deltas=50, break_after=30, usage="every"),
    "with the body ended, but within an event": Script(
        raw='data: {"chat_completion": {"message": {"content": "a"}}}\n\ndata: {"chat_completion": '
    ),
    "before anything was said": Script(seed=33, break_after=0, break_cleanly=True),
}


@pytest.mark.parametrize("script", CUT.values(), ids=CUT)
async def test_a_cut_stream_fails_and_keeps_what_was_said(egp: EgpBackend, script: Script) -> None:
    heard = await hear(egp, asking(script))
    assert heard.finish is None
    assert heard.failure is not None
    assert (heard.failure.upstream_code, heard.failure.can_retry) == ("UPSTREAM_INCOMPLETE", True)
    # A reset may overtake the last bytes that were on their way; what came is the beginning, and unbroken.
    assert ("a" if script.raw else script.whole_text(script.break_after)).startswith(heard.text)


@pytest.mark.parametrize(("said", "attempts"), [(0, 3), (1, 1)])
async def test_a_cut_stream_is_asked_for_again_only_before_its_first_piece(
    egp: EgpBackend, upstream: Upstream, said: int, attempts: int
) -> None:
    script = Script(seed=34 + said, break_after=said, framed=False, break_cleanly=True, usage="none")
    await hear(egp, asking(script))
    assert await times_asked(upstream, script) == attempts


async def test_an_error_after_100_pieces_keeps_them_and_its_code(egp: EgpBackend, upstream: Upstream) -> None:
    script = Script(seed=40, deltas=200, error_after=100, code="engine_overloaded", message="no room")
    heard = await hear(egp, asking(script))
    assert heard.text == script.whole_text(100)
    assert heard.failure is not None
    assert (heard.failure.upstream_code, str(heard.failure)) == ("engine_overloaded", "no room")
    assert await times_asked(upstream, script) == 1


async def test_an_error_before_the_first_piece_is_asked_for_again(egp: EgpBackend, upstream: Upstream) -> None:
    script = Script(seed=41, error_after=0, code="engine_overloaded")
    heard = await hear(egp, asking(script))
    assert heard.failure is not None
    assert heard.failure.upstream_code == "engine_overloaded"
    assert await times_asked(upstream, script) == 3


@pytest.mark.parametrize("said", [0, 3])
@pytest.mark.parametrize("keep_alive_per_second", [0, 50])
async def test_silence_ends_at_the_deadline_and_frees_the_upstream(
    impatient_egp: EgpBackend, upstream: Upstream, said: int, keep_alive_per_second: float
) -> None:
    script = Script(seed=42, stall_after=said, keep_alive_per_second=keep_alive_per_second)
    heard = await hear(impatient_egp, asking(script))
    assert heard.failure is not None
    assert (heard.failure.upstream_code, heard.failure.fault) == ("UPSTREAM_TIMEOUT", BackendFault.SILENT)
    assert heard.text == script.whole_text(said)
    await upstream.reaches(lambda state: state["answering"] == 0)


async def test_a_stream_that_is_not_closed_ends_all_the_same_after_a_finish_reason(impatient_egp: EgpBackend) -> None:
    script = Script(seed=43, linger=True, done=False)
    heard = await hear(impatient_egp, asking(script))
    assert (heard.failure, heard.text) == (None, script.whole_text())


COUNTED = (
    'data: {"chat_completion": {"message": {"content": "one "}}, "token_usage": null}\n\n'
    'data: {"chat_completion": {"message": {"content": "%s"}}, "token_usage": {"prompt": 5, "completion": 2}}\n\n'
)


@pytest.mark.parametrize(("text", "complete"), [("", True), ("two ", False)])
async def test_a_body_that_ends_with_its_connection_is_complete_after_token_counts_without_text(
    egp: EgpBackend, text: str, complete: bool
) -> None:
    heard = await hear(egp, asking(Script(raw=COUNTED % text, framed=False)))
    assert heard.text == "one " + text
    assert (heard.finish is not None, heard.failure is None) == (complete, complete)


async def test_a_reset_after_token_counts_completes_nothing() -> None:
    begun = asyncio.Event()

    async def reset_after_counts(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + (COUNTED % "").encode())
        await begun.wait()
        reset(writer)

    said = ""
    async with answering(reset_after_counts) as upstream:
        backend = EgpBackend(base_url=upstream.url)
        with pytest.raises(BackendFailed, match="broke off"):
            async for item in backend.complete(asking("hello")):
                said += item.content if isinstance(item, Piece) else ""
                begun.set()
        await backend.close()
    assert said == "one "


@pytest.mark.parametrize("text", ["", "two "])
async def test_token_counts_alone_do_not_complete_a_stream_that_goes_silent(
    impatient_egp: EgpBackend, text: str
) -> None:
    heard = await hear(impatient_egp, asking(Script(raw=COUNTED % text, linger=True)))
    assert heard.text == "one " + text
    assert heard.failure is not None
    assert heard.failure.fault is BackendFault.SILENT


@pytest.mark.parametrize(
    ("status", "fault", "retryable", "code"),
    [
        (400, BackendFault.REFUSED, False, "http_400"),
        (401, BackendFault.UNAVAILABLE, False, "http_401"),
        (403, BackendFault.UNAVAILABLE, False, "http_403"),
        (404, BackendFault.UNKNOWN_MODEL, False, "model_not_found"),
        (422, BackendFault.REFUSED, False, "http_422"),
        (429, BackendFault.LIMITED, True, "rate_limit_exceeded"),
        (500, BackendFault.UNAVAILABLE, True, "http_500"),
        (503, BackendFault.UNAVAILABLE, True, "http_503"),
    ],
)
async def test_a_refusal_says_whose_fault_it_is(
    egp: EgpBackend, status: int, fault: BackendFault, retryable: bool, code: str
) -> None:
    failure = (await hear(egp, asking(Script(seed=50, status=status)))).failure
    assert failure is not None
    assert (failure.fault, failure.can_retry, failure.upstream_code) == (fault, retryable, code)


async def test_what_is_wrong_with_a_field_is_told_with_its_path(egp: EgpBackend) -> None:
    failure = (await hear(egp, asking(Script(seed=51, refuse_fields=("model",))))).failure
    assert failure is not None
    assert "body.model: " in str(failure)


async def test_what_the_upstream_says_about_our_key_stays_in_the_log(egp: EgpBackend) -> None:
    failure = (await hear(egp, asking(Script(status=401, message="no such key: a-key")))).failure
    assert failure is not None
    assert "a-key" not in str(failure)


async def test_a_refusal_without_end_is_not_read_to_its_end(egp: EgpBackend) -> None:
    failure = (await hear(egp, asking(Script(status=400, message="x" * 50 * MAX_REFUSAL_BYTES)))).failure
    assert failure is not None
    assert failure.fault is BackendFault.REFUSED


async def test_a_passing_refusal_goes_unnoticed(egp: EgpBackend) -> None:
    script = Script(seed=52, status=503, refusals=2)
    heard = await hear(egp, asking(script))
    assert (heard.failure, heard.text) == (None, script.whole_text())


async def test_says_at_once_when_the_upstream_asks_for_a_long_wait(egp: EgpBackend, upstream: Upstream) -> None:
    script = Script(seed=53, status=429, retry_after="120")
    failure = (await hear(egp, asking(script))).failure
    assert failure is not None
    assert failure.retry_after_seconds == 120
    assert (await upstream.state())["refused"][script.prompt()] == 1


async def test_an_upstream_that_is_not_there_fails_retryably() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        backend = EgpBackend(
            base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}/egp/v1", retries=RetryPolicy(attempts=1)
        )
        failure = (await hear(backend, asking("hello"))).failure
        await backend.close()
    assert failure is not None
    assert (failure.upstream_code, failure.can_retry) == ("UPSTREAM_UNREACHABLE", True)


@pytest.mark.parametrize("stall_after", [0, 1])
async def test_cancelling_closes_the_upstream_connection_also_while_nothing_comes(
    egp: EgpBackend, upstream: Upstream, stall_after: int
) -> None:
    before = await upstream.state()
    hearing = asyncio.create_task(hear(egp, asking(Script(seed=54, stall_after=stall_after))))
    await upstream.reaches(lambda state: state["answering"] == 1)
    hearing.cancel()
    await asyncio.wait([hearing])
    after = await upstream.reaches(lambda state: state["answering"] == 0)
    assert hearing.cancelled()
    assert after["abandoned"] == before["abandoned"] + 1


async def test_a_connection_serves_one_completion_after_the_other() -> None:
    async with run_upstream() as upstream:
        backend = EgpBackend(base_url=upstream.egp_base_url)
        for seed in range(5):
            await hear(backend, asking(Script(seed=seed)))
        assert (await upstream.state())["open"] == 1
        await backend.close()
        await upstream.reaches(lambda state: state["open"] == 0)


async def test_many_completions_at_once_stay_apart(egp: EgpBackend) -> None:
    scripts = [Script(seed=seed, deltas=50, per_second=200, jitter=0.5) for seed in range(100, 130)]
    heard = await asyncio.gather(*(hear(egp, asking(script)) for script in scripts))
    assert [each.text for each in heard] == [script.whole_text() for script in scripts]


async def test_lists_no_models_as_the_api_has_no_list(egp: EgpBackend) -> None:
    assert await egp.models() == ()
