"""Fifty conversations at once with a real OpenAI-compatible upstream: each gets its own text, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from tests.e2e.operations import everything, message, post, said
from tests.e2e.process import ServerProcess, copy_folder, running
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import MODELS, Script

CONVERSATIONS = 50
DELTAS_PER_SECOND = 50
DEADLINE_SECONDS = 60
SCRIPTS = [Script(seed=seed, deltas=150, per_second=DELTAS_PER_SECOND, jitter=0.5) for seed in range(CONVERSATIONS)]


@pytest.fixture(scope="module")
async def upstream() -> AsyncGenerator[Upstream]:
    async with run_upstream() as started:
        yield started


@pytest.fixture(scope="module")
async def server(
    upstream: Upstream, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[ServerProcess]:
    """A server whose models are those of the upstream."""
    folder = tmp_path_factory.mktemp("upstream")
    await copy_folder(migrated, folder)
    async with running(folder, OPENAI_BASE_URL=upstream.base_url) as started:
        yield started


async def test_every_subscriber_has_what_the_upstream_said_and_what_is_stored(server: ServerProcess) -> None:
    async def converse(script: Script) -> None:
        reply = (await post(server.graphql_url, script.prompt()))["reply"]["id"]
        events = await everything(server.websocket_url, reply)
        stored = await message(server.graphql_url, reply)
        assert said(events) == stored["content"] == script.whole_text()
        assert all(earlier["seq"] < later["seq"] for earlier, later in pairwise(events[:-1]))
        assert [event["__typename"] for event in events].index("CompletionEnd") == len(events) - 1
        assert events[-1]["message"]["status"] == stored["status"] == "COMPLETE"
        assert events[-1]["message"]["usage"]["source"] == "PROVIDER"

    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.gather(*map(converse, SCRIPTS))


async def test_every_caller_of_the_openai_sdk_has_what_the_upstream_said(server: ServerProcess) -> None:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:

        async def complete(script: Script) -> None:
            stream = await client.chat.completions.create(
                model=MODELS[0],
                messages=[{"role": "user", "content": script.prompt()}],
                stream=True,
                stream_options={"include_usage": True},
            )
            chunks = [chunk async for chunk in stream]
            choices = [choice for chunk in chunks for choice in chunk.choices]
            assert "".join(choice.delta.content or "" for choice in choices) == script.whole_text()
            assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
            assert chunks[-1].usage
            assert chunks[-1].usage.model_dump(include={*script.token_counts()}) == script.token_counts()

        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.gather(*map(complete, SCRIPTS))


async def test_both_at_once_and_without_a_stream(server: ServerProcess) -> None:
    script = Script(seed=99, deltas=40)
    async with asyncio.timeout(DEADLINE_SECONDS), AsyncOpenAI(base_url=f"{server.url}/v1", api_key="any") as client:
        completion, posted = await asyncio.gather(
            client.chat.completions.create(model=MODELS[0], messages=[{"role": "user", "content": script.prompt()}]),
            post(server.graphql_url, script.prompt()),
        )
        events = await everything(server.websocket_url, posted["reply"]["id"])
    assert completion.choices[0].message.content == said(events) == script.whole_text()
