"""What the backend makes of streams that break, fail, stall or hold nonsense."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.chat.completion import Piece
from app.chat.errors import BackendFault
from app.generation.deadlines import Deadlines
from app.generation.openai_compatible import OpenAICompatibleBackend
from tests.generation.listening import asking, hear
from tests.upstream.process import Upstream
from tests.upstream.script import Script


@pytest.mark.parametrize("cleanly", [True, False])
async def test_a_stream_cut_without_finish_reason_fails_and_keeps_what_was_said(
    backend: OpenAICompatibleBackend, cleanly: bool
) -> None:
    script = Script(seed=16, deltas=150, per_second=1_000, break_after=100, break_cleanly=cleanly)
    heard = await hear(backend, asking(script))
    assert heard.failure is not None
    assert heard.failure.upstream_code == "UPSTREAM_INCOMPLETE"
    # A reset may overtake the last bytes that were on their way; what came is the beginning, and unbroken.
    assert script.whole_text(100).startswith(heard.text)
    assert len(heard.pieces) == 100 or not cleanly


async def test_an_end_mark_without_finish_reason_is_a_cut_stream(backend: OpenAICompatibleBackend) -> None:
    heard = await hear(backend, asking(Script(finish_reason=None, usage="none")))
    assert heard.failure is not None
    assert heard.failure.upstream_code == "UPSTREAM_INCOMPLETE"


async def test_a_stream_cut_before_the_first_piece_is_asked_for_again(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=17, break_after=0)
    heard = await hear(backend, asking(script))
    bodies = [each["body"]["messages"][0]["content"] for each in (await upstream.state())["requests"]]
    assert heard.failure is not None
    assert bodies.count(script.prompt()) == 3


async def test_a_stream_cut_after_the_first_piece_is_not_asked_for_again(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=18, break_after=1, break_cleanly=True)
    await hear(backend, asking(script))
    bodies = [each["body"]["messages"][0]["content"] for each in (await upstream.state())["requests"]]
    assert bodies.count(script.prompt()) == 1


async def test_an_error_after_100_pieces_keeps_them_and_its_code(backend: OpenAICompatibleBackend) -> None:
    script = Script(seed=19, deltas=200, error_after=100, code="engine_overloaded")
    heard = await hear(backend, asking(script))
    assert heard.text == script.whole_text(100)
    assert heard.failure is not None
    assert heard.failure.upstream_code == "engine_overloaded"


@pytest.mark.parametrize("said", [0, 3])
@pytest.mark.parametrize("keep_alive_per_second", [0, 50])
async def test_silence_ends_at_the_deadline_and_frees_the_upstream(
    impatient: OpenAICompatibleBackend, upstream: Upstream, said: int, keep_alive_per_second: float
) -> None:
    script = Script(seed=20, stall_after=said, keep_alive_per_second=keep_alive_per_second)
    began = time.monotonic()
    heard = await hear(impatient, asking(script))
    assert heard.failure is not None
    assert (heard.failure.upstream_code, heard.failure.fault) == ("UPSTREAM_TIMEOUT", BackendFault.SILENT)
    assert heard.text == script.whole_text(said)
    assert 0.3 <= time.monotonic() - began < 5
    await upstream.reaches(lambda state: state["answering"] == 0)


async def test_a_reader_that_takes_its_time_does_not_look_like_silence(
    impatient: OpenAICompatibleBackend,
) -> None:
    script = Script(seed=21, deltas=3, per_second=100)
    said = ""
    async for item in impatient.complete(asking(script)):
        await asyncio.sleep(0.4)
        said += item.content if isinstance(item, Piece) else ""
    assert said == script.whole_text()


@pytest.mark.parametrize(
    ("deadlines", "done"),
    [(Deadlines(after_finish_seconds=0.1), False), (Deadlines(after_finish_seconds=60, close_seconds=0.1), True)],
)
async def test_a_stream_that_is_not_closed_after_its_end_ends_all_the_same(
    upstream: Upstream, deadlines: Deadlines, done: bool
) -> None:
    backend = OpenAICompatibleBackend(base_url=upstream.base_url, deadlines=deadlines)
    script = Script(seed=22, linger=True, done=done)
    async with asyncio.timeout(10):
        heard = await hear(backend, asking(script))
    assert (heard.failure, heard.text) == (None, script.whole_text())
    await backend.close()


async def test_an_event_without_end_fails_and_does_not_fill_the_memory(backend: OpenAICompatibleBackend) -> None:
    heard = await hear(backend, asking(Script(deltas=1, text="x" * 9_000_000)))
    assert heard.failure is not None
    assert heard.failure.upstream_code == "UPSTREAM_INVALID"


async def test_nonsense_in_the_stream_fails(backend: OpenAICompatibleBackend) -> None:
    failure = (await hear(backend, asking(Script(raw="data: {nonsense\n\n")))).failure
    assert failure is not None
    assert failure.upstream_code == "UPSTREAM_INVALID"
