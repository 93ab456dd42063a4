"""The page with Apollo Client and React, in a real Chromium, served by Vite as its README says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.operations import execute, message
from tests.e2e.process import ServerProcess, running
from tests.examples.printed import output_of, typed
from tests.web.browser import needs_chromium, visit

DEADLINE_SECONDS = 110
DRIVER = str(Path(__file__).with_name("apollo_react.mjs"))
ACTIVE = "{ conversations(first: 1) { nodes { activeCompletion { seq } } } }"

pytestmark = needs_chromium


@asynccontextmanager
async def page(url: str) -> AsyncGenerator[str]:
    """Its address, in front of that server."""
    async with typed("apollo_react", url, NO_COLOR="1") as vite:
        output = output_of(vite)
        told = ""
        while not (found := re.search(r"http://localhost:\d+/", told)):
            line = await output.readline()
            assert line, told
            told += line.decode()
        draining = asyncio.create_task(output.read())  # it says more when the server behind it is away
        yield found[0]
        draining.cancel()


async def killed_while_it_answers(server: ServerProcess) -> None:
    seq = 0
    while seq < 8:
        (newest,) = (await execute(server.graphql_url, ACTIVE))["conversations"]["nodes"] or [{}]
        seq = (newest.get("activeCompletion") or {"seq": 0})["seq"]
        await asyncio.sleep(0.02)
    await server.kill()
    await server.start()


async def test_it_shows_every_character_once_though_the_server_is_killed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        running(folder, PARLEY_DEMO_WORDS_PER_SECOND="20") as server,
        page(server.url) as url,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(killed_while_it_answers(server))
        seen = await visit(DRIVER, url, tmp_path_factory)
        stored = await message(server.graphql_url, seen["id"])
    assert (seen["status"], seen["text"]) == ("INTERRUPTED", stored["content"])
    assert stored["seq"] >= 8
