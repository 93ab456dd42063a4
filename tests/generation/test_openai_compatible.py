"""The backend against a real upstream process, over real sockets."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.chat.completion import Finish
from app.chat.errors import BackendFailed
from app.chat.parameters import CompletionParameters
from app.chat.records import FinishReason, Usage, UsageSource
from app.generation.openai_compatible import OpenAICompatibleBackend
from tests.generation.listening import asking, hear
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import Script

DIALECTS = {
    "OpenAI's own": Script(seed=1),
    "token counts in the last chunk": Script(seed=2, usage="last"),
    "token counts in every chunk": Script(seed=3, usage="every"),
    "CRLF": Script(seed=4, newline="\r\n"),
    "CR": Script(seed=5, newline="\r"),
    "comments": Script(seed=6, comments=3),
    "the whole text again in the last chunk": Script(seed=7, generated_text=True),
    "the whole text in the last chunk only": Script(seed=8, generated_text=True, streamed=False),
    "no end mark": Script(seed=9, done=False),
    "byte by byte": Script(seed=10, deltas=5, slice_bytes=1),
    "no stream although one was asked for": Script(seed=11, whole=True),
    "long deltas": Script(deltas=3, text="🦜\u2028" * 200_000),
}


@pytest.mark.parametrize("script", DIALECTS.values(), ids=DIALECTS)
async def test_every_dialect_gives_the_text_byte_for_byte(backend: OpenAICompatibleBackend, script: Script) -> None:
    heard = await hear(backend, asking(script))
    assert heard.failure is None
    assert heard.text == script.whole_text()
    usage = Usage(7, len(script.pieces()), UsageSource.PROVIDER)
    assert heard.finish == Finish(FinishReason.STOP, usage)


async def test_without_token_counts_there_are_none(backend: OpenAICompatibleBackend) -> None:
    heard = await hear(backend, asking(Script(usage="none")))
    assert heard.finish == Finish(FinishReason.STOP)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_told_apart(backend: OpenAICompatibleBackend, field: str) -> None:
    heard = await hear(backend, asking(Script(deltas=2, reasoning="hm, well", reasoning_field=field)))
    assert (heard.reasoning, heard.text) == ("hm, well", Script(deltas=2).whole_text())


async def test_pieces_come_as_they_are_said(backend: OpenAICompatibleBackend) -> None:
    script = Script(deltas=5, per_second=20)
    stamps = [time.monotonic() async for _ in backend.complete(asking(script))]
    assert stamps[4] - stamps[0] > 0.1


async def test_the_upstream_gets_the_key_and_what_was_asked(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    parameters = CompletionParameters(temperature=0.5, max_tokens=5, stop=("x",), seed=3)
    await hear(backend, asking(Script(seed=99), parameters))
    last = (await upstream.state())["requests"][-1]
    assert last["headers"]["authorization"] == "Bearer sk-tests"
    assert last["body"] == {
        "model": "upstream",
        "messages": [{"role": "user", "content": Script(seed=99).prompt()}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 5,
        "stop": ["x"],
        "seed": 3,
    }


async def test_asks_in_another_way_where_a_field_is_refused_and_remembers(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    strict = Script(seed=12, refuse_fields=("stream_options",))
    before = len((await upstream.state())["requests"])
    for _ in range(2):
        assert (await hear(backend, asking(strict))).text == strict.whole_text()
    bodies = [each["body"] for each in (await upstream.state())["requests"][before:]]
    assert ["stream_options" in body for body in bodies] == [True, False, False]


async def test_closing_the_iterator_closes_the_upstream_connection(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    before = await upstream.state()
    items = backend.complete(asking(Script(seed=24, deltas=1_000, per_second=50)))
    await anext(items)
    await items.aclose()
    after = await upstream.reaches(lambda state: state["answering"] == 0)
    assert after["abandoned"] == before["abandoned"] + 1


@pytest.mark.parametrize("stall_after", [0, 1])
async def test_cancelling_closes_the_upstream_connection_also_while_nothing_comes(
    backend: OpenAICompatibleBackend, upstream: Upstream, stall_after: int
) -> None:
    before = await upstream.state()
    hearing = asyncio.create_task(hear(backend, asking(Script(seed=25, stall_after=stall_after))))
    await upstream.reaches(lambda state: state["answering"] == 1)
    hearing.cancel()
    await asyncio.wait([hearing])
    after = await upstream.reaches(lambda state: state["answering"] == 0)
    assert hearing.cancelled()
    assert after["abandoned"] == before["abandoned"] + 1


async def test_a_connection_serves_one_completion_after_the_other() -> None:
    async with run_upstream() as upstream:
        backend = OpenAICompatibleBackend(base_url=upstream.base_url)
        for seed in range(5):
            await hear(backend, asking(Script(seed=seed)))
        assert (await upstream.state())["open"] == 1
        await backend.close()
        await upstream.reaches(lambda state: state["open"] == 0)


async def test_many_completions_at_once_stay_apart(backend: OpenAICompatibleBackend) -> None:
    scripts = [Script(seed=seed, deltas=50, per_second=200, jitter=0.5) for seed in range(100, 150)]
    heard = await asyncio.gather(*(hear(backend, asking(script)) for script in scripts))
    assert [each.text for each in heard] == [script.whole_text() for script in scripts]


async def test_lists_the_upstreams_models(backend: OpenAICompatibleBackend) -> None:
    assert await backend.models() == ("upstream", "upstream-2")


async def test_an_upstream_without_such_an_endpoint_lists_none() -> None:
    async with run_upstream("--models-status", "404") as upstream:
        backend = OpenAICompatibleBackend(base_url=upstream.base_url)
        assert await backend.models() == ()
        await backend.close()


async def test_an_upstream_that_fails_says_so() -> None:
    async with run_upstream("--models-status", "500") as upstream:
        backend = OpenAICompatibleBackend(base_url=upstream.base_url)
        with pytest.raises(BackendFailed):
            await backend.models()
        await backend.close()
