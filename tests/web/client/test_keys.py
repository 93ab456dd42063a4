"""The client module where keys are wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.serving import Served, serving
from tests.stored_keys import made, stored_keys
from tests.upstream.script import Script
from tests.web.client.front_end import front_end

DEADLINE_SECONDS = 30
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"

both_transports = pytest.mark.parametrize("transport", ["websocket", "sse"])


@pytest.fixture
async def guarded(parley_database_url: str, config: Path) -> AsyncGenerator[tuple[Served, str]]:
    """A server that wants keys, and one of them."""
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        stored_keys(parley_database_url) as keys,
        serving(parley_database_url, config=config, auth="keys") as served,
    ):
        yield served, await made(keys, uuid4().hex)


@both_transports
async def test_a_key_lets_in(guarded: tuple[Served, str], transport: str) -> None:
    served, key = guarded
    script = Script(seed=1)
    async with front_end(
        served.graphql_url, key=key, prompts=[script.prompt()], options={"transport": transport}
    ) as said:
        heard = await said.to_the_end()
    assert said.text() == script.whole_text()
    assert heard[-1]["end"]["status"] == "COMPLETE"


@both_transports
@pytest.mark.parametrize("key", [None, "prly_wrong", "prly_…"])
async def test_without_a_valid_one_that_is_said_once_to_each_and_no_more_is_tried(
    guarded: tuple[Served, str], transport: str, key: str | None
) -> None:
    served, _ = guarded
    async with front_end(served.graphql_url, key=key, ids=[UNKNOWN, UNKNOWN], options={"transport": transport}) as said:
        heard = await said.to_the_end()
    assert [line["error"] for line in heard if "state" not in line] == ["UNAUTHENTICATED"] * 2
    assert "waiting" not in said.states()


async def test_more_than_a_key_may_ask_for_comes_when_it_may(parley_database_url: str, config: Path) -> None:
    scripts = [Script(seed=each, deltas=5) for each in range(4)]
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        stored_keys(parley_database_url) as keys,
        serving(parley_database_url, config=config, auth="keys", key_requests_per_second=2.0, key_burst=5) as served,
        front_end(
            served.graphql_url, key=await made(keys, uuid4().hex), prompts=[each.prompt() for each in scripts]
        ) as said,
    ):
        heard = await said.to_the_end()
    ids = {line["id"] for line in heard}
    assert {said.text(id) for id in ids} == {each.whole_text() for each in scripts}
    assert "waiting" in said.states()
