"""An answer in a real Chromium while pages reload, servers are killed and networks go: each character once, in order.

`tests/browser/chat_survival.mjs` drives the browser, and looks at every change of the page while it does.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from tests.e2e.operations import CONVERSATION, execute, message
from tests.e2e.process import ServerProcess
from tests.upstream.script import Script
from tests.web.browser import Seen, needs_chromium, visit

pytestmark = needs_chromium

POLL_SECONDS = 0.05
DELTAS_MISSED = 20
ACTIVE = "{ conversations(first: 1) { nodes { activeCompletion { seq } } } }"


@pytest.fixture(scope="module")
async def seen(front_end: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser saw on its visit."""
    seeds = count(1)

    async def script() -> dict[str, str]:
        said = Script(seed=next(seeds), deltas=200, per_second=60)
        return {"prompt": said.prompt(), "text": said.whole_text()}

    async def more_is_said() -> None:
        """By the server, whoever hears it."""
        enough = await said_so_far(front_end) + DELTAS_MISSED
        while await said_so_far(front_end) < enough:
            await asyncio.sleep(POLL_SECONDS)

    answers = {"script": script, "more is said": more_is_said, "kill": front_end.kill, "start": front_end.start}
    return await visit("chat_survival.mjs", f"{front_end.url}/", tmp_path_factory, answers)


async def said_so_far(server: ServerProcess) -> int:
    """The `seq` of the reply that is being generated."""
    (newest,) = (await execute(server.graphql_url, ACTIVE))["conversations"]["nodes"]
    assert newest["activeCompletion"], "it has ended before anything could happen to it"
    seq: int = newest["activeCompletion"]["seq"]
    return seq


async def is_whole(case: dict[str, Any], shown: str, server: ServerProcess) -> None:
    """What the page shows is what the model said, and what is stored."""
    stored = await message(server.graphql_url, case["id"])
    assert (stored["status"], stored["content"]) == ("COMPLETE", case["said"])
    assert shown == case["said"].rstrip()


async def test_at_no_moment_is_a_character_lost_doubled_or_out_of_order(seen: Seen) -> None:
    assert seen["faults"] == []


async def test_a_reload_in_the_middle_goes_on_where_it_was(seen: Seen, front_end: ServerProcess) -> None:
    assert seen["reloaded"]["statusAfter"] == "STREAMING"
    await is_whole(seen["reloaded"], seen["reloaded"]["shown"], front_end)


async def test_a_reload_keeps_what_was_being_written(seen: Seen) -> None:
    assert seen["reloaded"]["draft"] == "What I am writing meanwhile"


async def test_offline_is_told_and_afterwards_all_of_it_is_there(seen: Seen, front_end: ServerProcess) -> None:
    assert "offline" in seen["offline"]["told"]
    assert seen["offline"]["toldAfter"] == ""
    await is_whole(seen["offline"], seen["offline"]["shown"], front_end)


async def test_two_tabs_show_the_same(seen: Seen, front_end: ServerProcess) -> None:
    await is_whole(seen["tabs"], seen["tabs"]["first"], front_end)
    assert seen["tabs"]["second"] == seen["tabs"]["first"]
    assert seen["tabs"]["sameReply"]


async def test_a_killed_server_ends_the_answer_with_all_that_was_seen(seen: Seen, front_end: ServerProcess) -> None:
    killed = seen["killed"]
    stored = await message(front_end.graphql_url, killed["id"])
    assert stored["status"] == "INTERRUPTED"
    assert killed["shown"] == stored["content"].rstrip()
    assert killed["said"].startswith(stored["content"])
    assert killed["shown"].startswith(killed["shownMeanwhile"])
    assert "Reconnecting" in killed["told"]
    assert killed["notice"]


async def test_what_is_said_while_the_server_is_away_arrives_once(seen: Seen, front_end: ServerProcess) -> None:
    assert seen["unsent"]["times"] == 1
    found = await execute(front_end.graphql_url, CONVERSATION, id=seen["unsent"]["conversation"])
    contents = [each["content"] for each in found["conversation"]["messages"]["nodes"]]
    assert contents.count("Sent to nobody") == 1


async def test_nothing_is_blocked_and_nothing_comes_from_another_host(seen: Seen, front_end: ServerProcess) -> None:
    assert seen["violations"] == []
    assert [url for url in seen["requests"] if not url.startswith(f"{front_end.url}/")] == []
