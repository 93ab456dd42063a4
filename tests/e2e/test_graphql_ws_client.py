"""The `graphql-ws` client of npm follows a reply to its end, with every piece of text once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.front_end import Said, front_end
from tests.e2e.operations import message
from tests.e2e.process import ServerProcess, running
from tests.upstream.process import run_upstream
from tests.upstream.script import Script

DEADLINE_SECONDS = 60


def text(lines: list[Said]) -> str:
    return "".join(line.get("content", "") for line in lines)


def resumed_after(lines: list[Said]) -> list[int]:
    return [line["after"] for line in lines if "after" in line]


async def test_it_posts_follows_and_has_what_is_stored(standing: ServerProcess) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), front_end(standing.graphql_url, "Tell me a story") as client:
        lines = [line async for line in client]
    end = lines[-1]["message"]
    assert end["status"] == "COMPLETE"
    assert text(lines) == end["content"] == (await message(standing.graphql_url, end["id"]))["content"]
    assert resumed_after(lines) == [0]


async def test_it_comes_back_by_itself_when_the_server_was_killed_and_started_again(folder: Path) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), running(folder) as server:
        lines: list[Said] = []
        killed = False
        async with front_end(server.graphql_url, "Tell me a long story") as client:
            async for line in client:
                lines.append(line)
                if line.get("seq", 0) >= 8 and not killed:
                    killed = True
                    await server.kill()
                    await server.start()
        end = lines[-1]["message"]
        assert end["status"] == "INTERRUPTED"
        assert text(lines) == end["content"] == (await message(server.graphql_url, end["id"]))["content"]
        first, second = resumed_after(lines)
        assert (first, second >= 8) == (0, True)


async def test_a_reply_goes_on_while_the_server_of_its_reader_is_killed_again_and_again(folder: Path) -> None:
    script = Script(seed=7, deltas=400, per_second=50)
    kills_at = [20, 120]
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        run_upstream() as upstream,
        running(folder, OPENAI_BASE_URL=upstream.base_url) as origin,
        running(folder, OPENAI_BASE_URL=upstream.base_url) as edge,
    ):
        lines: list[Said] = []
        async with front_end(origin.graphql_url, script.prompt(), edge.graphql_url) as client:
            async for line in client:
                lines.append(line)
                if kills_at and line.get("seq", 0) >= kills_at[0]:
                    kills_at.pop(0)
                    await edge.kill()
                    await edge.start()
        end = lines[-1]["message"]
        assert end["status"] == "COMPLETE"
        assert text(lines) == end["content"] == script.whole_text()
        afters = resumed_after(lines)
        assert len(afters) == 3
        assert afters == sorted(set(afters))
