"""The client module when its server is killed, or stopped, and started again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.e2e.operations import message
from tests.e2e.process import ServerProcess, running
from tests.upstream.process import Upstream
from tests.upstream.script import Script
from tests.web.client.front_end import FrontEnd, front_end

DEADLINE_SECONDS = 90

both_transports = pytest.mark.parametrize("transport", ["websocket", "sse"])


@pytest.fixture
async def server(folder: Path) -> AsyncGenerator[ServerProcess]:
    async with asyncio.timeout(DEADLINE_SECONDS), running(folder) as server:
        yield server


async def has_what_is_stored(said: FrontEnd, server: ServerProcess, status: str) -> None:
    last = said.heard[-1]
    assert last["end"]["status"] == status
    assert said.text() == (await message(server.graphql_url, last["id"]))["content"]
    assert said.seqs() == sorted(set(said.seqs()))


@both_transports
async def test_kill_9_and_restart_in_the_middle_of_an_answer(server: ServerProcess, transport: str) -> None:
    prompts, options = ["Tell me a long story"], {"transport": transport}
    async with front_end(server.graphql_url, prompts=prompts, options=options) as said:
        while (await said.until("text"))["seq"] < 8:
            pass
        await server.kill()
        await server.start()
        await said.to_the_end()
    await has_what_is_stored(said, server, "INTERRUPTED")
    assert "waiting" in said.states()


async def test_a_server_that_stops_tells_the_end_before_it_goes(server: ServerProcess) -> None:
    async with front_end(server.graphql_url, prompts=["Tell me a long story"]) as said:
        while (await said.until("text"))["seq"] < 8:
            pass
        assert await server.stop() == 0
        await said.to_the_end()
        assert said.heard[-1]["end"]["status"] == "INTERRUPTED"
    await server.start()
    await has_what_is_stored(said, server, "INTERRUPTED")


async def test_the_edge_may_be_killed_while_the_answer_goes_on(folder: Path, upstream: Upstream) -> None:
    script = Script(seed=7, deltas=300, per_second=50)
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        running(folder, OPENAI_BASE_URL=upstream.base_url) as origin,
        running(folder, OPENAI_BASE_URL=upstream.base_url) as edge,
        front_end(origin.graphql_url, follow=edge.graphql_url, prompts=[script.prompt()]) as said,
    ):
        while (await said.until("text"))["seq"] < 20:
            pass
        await edge.kill()
        await edge.start()
        await said.to_the_end()
        await has_what_is_stored(said, origin, "COMPLETE")
    assert said.text() == script.whole_text()
