"""The chat page in a real Chromium, before the real server: what a newcomer does, in one visit.

`tests/browser/chat_first_visit.mjs` drives the browser and reports what it saw; what that means is judged here.
"""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest

from app.web.build import STATIC
from tests.e2e.operations import message
from tests.e2e.process import ServerProcess
from tests.web.browser import Seen, needs_chromium, visit

pytestmark = needs_chromium

MOST_BYTES_OF_THE_FIRST_LOAD = 200_000


@pytest.fixture(scope="module")
async def seen(front_end: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser saw on its visit."""
    return await visit("chat_first_visit.mjs", f"{front_end.url}/", tmp_path_factory)


async def test_the_page_opens_ready_to_be_typed_into(seen: Seen) -> None:
    assert (seen["title"], seen["focused"]) == ("Parley", True)


async def test_the_playground_is_one_click_away(seen: Seen) -> None:
    assert seen["playground"] == "/graphql"


async def test_the_first_load_is_small(seen: Seen) -> None:
    pages = {urlsplit(url).path for url in seen["firstLoad"]} - {"/graphql"}
    assert {"/"} < pages
    files = [STATIC / ("chat.html" if path == "/" else path.removeprefix("/")) for path in pages]
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in files}
    assert sum(sizes.values()) <= MOST_BYTES_OF_THE_FIRST_LOAD, sizes
    assert not [name for name in sizes if "graphql" in name or "monaco" in name or "highlight" in name]


async def test_an_answer_streams_and_is_what_was_stored(seen: Seen, front_end: ServerProcess) -> None:
    stored = await message(front_end.graphql_url, seen["first"]["id"])
    assert (stored["status"], stored["content"]) == ("COMPLETE", seen["first"]["copied"])
    assert seen["address"].startswith("/c/conv_")


async def test_markdown_is_shown_as_what_it_means(seen: Seen) -> None:
    first = seen["first"]
    assert first["code"] == first["codeCopied"] == first["copied"].split("```python\n")[1].split("\n```")[0]
    assert first["cells"][:3] == ["Needs a key", "no", "mostly"]
    assert first["items"] == 3
    assert "**" not in first["text"]


async def test_what_it_took_stands_below_a_reply(seen: Seen) -> None:
    assert "demo" in seen["first"]["usage"]
    assert "tokens" in seen["first"]["usage"]


async def test_a_stopped_reply_keeps_what_was_said_and_says_so(seen: Seen, front_end: ServerProcess) -> None:
    stored = await message(front_end.graphql_url, seen["stopped"]["id"])
    assert (stored["status"], stored["content"]) == ("STOPPED", seen["stopped"]["copied"])
    assert stored["content"]
    assert "Stopped" in seen["stopped"]["told"]


async def test_an_edit_is_a_branch_and_the_other_one_is_one_click_away(seen: Seen) -> None:
    assert seen["edited"] == "2 / 2"
    assert "Tell me a long story" in seen["switchedBack"]["said"]
    assert seen["switchedBack"]["copied"] == seen["stopped"]["copied"]
    assert "1 / 2" in seen["branchAfterReload"]


async def test_a_reply_that_nobody_looks_at_goes_on_and_its_end_is_noticed(
    seen: Seen, front_end: ServerProcess
) -> None:
    stored = await message(front_end.graphql_url, seen["unwatched"]["id"])
    assert (stored["status"], stored["content"]) == ("COMPLETE", seen["unwatched"]["copied"])


async def test_a_reply_is_made_again_beside_the_old_one(seen: Seen) -> None:
    assert seen["regenerated"] == "2 / 2"


async def test_the_address_is_the_conversation_and_back_goes_back(seen: Seen) -> None:
    assert seen["addressAfterBack"] == seen["address"]


async def test_a_conversation_is_found_by_what_was_said_in_it(seen: Seen) -> None:
    assert seen["found"]["marked"].lower() == "marmalade"
    assert "<mark>" not in seen["found"]["text"]


async def test_conversations_are_renamed_archived_and_deleted(seen: Seen) -> None:
    other = "Compare a list of ways in a table, with code"
    assert seen["titles"][:2] == ["What do you know of marmalade?", other]
    assert seen["renamed"][:2] == ["Breakfast", other]
    assert seen["archived"] == ["Breakfast"]
    assert seen["left"][0] == other


async def test_the_page_fits_a_phone(seen: Seen) -> None:
    assert seen["phone"]["page"] == seen["phone"]["screen"] == 390


async def test_nothing_keeps_people_from_using_it_in_light_and_in_dark(seen: Seen) -> None:
    """As axe-core sees it: contrast, names, focus, landmarks."""
    assert len(seen["barriers"]) >= 18
    assert {state: found for state, found in seen["barriers"].items() if found} == {}


async def test_nothing_comes_from_another_host(seen: Seen, front_end: ServerProcess) -> None:
    assert [url for url in seen["requests"] if not url.startswith(f"{front_end.url}/")] == []
    assert set(seen["sockets"]) == {front_end.websocket_url}


async def test_nothing_is_blocked_refused_or_complained_of(seen: Seen) -> None:
    assert seen["violations"] == []
    assert seen["failures"] == []
    assert seen["console"] == []
