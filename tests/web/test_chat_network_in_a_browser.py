"""The chat page in a real Chromium over networks that nobody would want: cut every moment, or closed to WebSockets."""

from __future__ import annotations

import random
from itertools import count

import pytest

from tests.e2e.operations import message
from tests.e2e.process import ServerProcess
from tests.upstream.script import Script
from tests.web.browser import Seen, needs_chromium, visit
from tests.web.client.meddling_proxy import UNHARMED, Fate, MeddlingProxy

pytestmark = needs_chromium

WAYS = ["cut", "blocked"]


@pytest.fixture(scope="module")
async def seen(front_end: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser saw on its visit, and in `connections` what the proxy saw on its way."""
    choose = random.Random(7)
    cuts = False

    def fate(number: int) -> Fate:
        cut = cuts and proxy.requests[number] == "websocket"
        return Fate(cut_after=choose.randint(500, 4_000)) if cut else UNHARMED

    proxy = MeddlingProxy(front_end.port, fate)
    seeds = count(100)

    async def script() -> dict[str, str]:
        said = Script(seed=next(seeds), deltas=200, per_second=60)
        return {"prompt": said.prompt(), "text": said.whole_text()}

    async def cut_sockets() -> None:
        nonlocal cuts
        cuts = True

    async def block_sockets() -> None:
        proxy.blocks_sockets = True

    answers = {"script": script, "cut sockets": cut_sockets, "block sockets": block_sockets}
    async with proxy.serving():
        seen = await visit("chat_network.mjs", f"http://127.0.0.1:{proxy.port}/", tmp_path_factory, answers)
    return {**seen, "connections": proxy.requests}


@pytest.mark.parametrize("way", WAYS)
async def test_the_answer_is_there_to_the_last_character(seen: Seen, front_end: ServerProcess, way: str) -> None:
    stored = await message(front_end.graphql_url, seen[way]["id"])
    assert (stored["status"], stored["content"]) == ("COMPLETE", seen[way]["said"])
    assert seen[way]["shown"] == seen[way]["said"].rstrip()


async def test_at_no_moment_is_a_character_lost_doubled_or_out_of_order(seen: Seen) -> None:
    assert seen["faults"] == []


async def test_the_network_was_as_bad_as_that(seen: Seen) -> None:
    assert seen["connections"].count("websocket") >= 3
    assert seen["connections"].count("blocked") >= 1


async def test_the_policy_has_nothing_to_block(seen: Seen) -> None:
    assert seen["violations"] == []
