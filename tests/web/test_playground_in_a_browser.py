"""GraphiQL in a real Chromium that reaches nothing but the stand-in server: it does what a newcomer does, in one visit.

`tests/browser/playground.mjs` drives the browser and reports what it saw; what that means is judged here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.web.stand_in import create_stand_in

Seen = dict[str, Any]

DRIVER = Path(__file__).parent.parent / "browser" / "playground.mjs"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VISIT_SECONDS = 120

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true",
    reason="no Chromium here (on Debian: apt-get install chromium)",
)


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stay with pytest."""
        yield


@pytest.fixture(scope="module")
async def origin() -> AsyncIterator[str]:
    """The address of a stand-in server, on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(create_stand_in(), log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await asyncio.wait_for(serving, timeout=10)


@pytest.fixture(scope="module")
async def seen(origin: str, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser saw on its visit."""
    assert CHROMIUM is not None, "CI needs Chromium (on Debian: apt-get install chromium)"
    profile, screenshots = tmp_path_factory.mktemp("profile"), tmp_path_factory.mktemp("screenshots")
    driver = await asyncio.create_subprocess_exec(
        "node",
        DRIVER,
        f"{origin}/graphql",
        CHROMIUM,
        profile,
        screenshots,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(driver.communicate(), VISIT_SECONDS)
    finally:
        if driver.returncode is None:
            driver.kill()
            await driver.wait()
    assert driver.returncode == 0, errors.decode()
    seen: Seen = json.loads(output)
    assert "error" not in seen, f"{seen['error']}\nscreenshots are in {screenshots}"
    return seen


async def test_the_page_opens_with_its_own_fonts(seen: Seen) -> None:
    assert seen["title"] == "Parley"
    assert set(seen["fonts"]) == {"Roboto", "Fira Code"}


async def test_a_message_is_posted_in_one_click(seen: Seen) -> None:
    posted = seen["mutation"]["data"]["postMessage"]
    assert posted["message"]["content"] == "Hello! What can you do?"
    assert posted["reply"]["status"] == "STREAMING"


async def test_the_reply_is_followed_in_one_click_and_its_text_joined(seen: Seen) -> None:
    assert seen["watchersWhileFollowing"] == 1
    assert seen["live"] == {
        "data": {"completion": {"__typename": "CompletionDelta", "seq": 2, "content": ", world!"}},
        "extensions": {"playground": {"text": "Hello, world!"}},
    }
    end = seen["ended"]["data"]["completion"]
    assert (end["__typename"], end["message"]["status"]) == ("CompletionEnd", "STOPPED")


async def test_conversations_and_models_are_listed_in_one_click(seen: Seen) -> None:
    assert seen["query"]["data"]["conversations"]["totalCount"] == 1
    assert seen["models"]["data"]["models"][0]["id"] == "demo"


async def test_headers_that_the_user_types_reach_both_transports(seen: Seen) -> None:
    assert seen["keyOverHttp"] == {"data": {"apiKey": "secret"}}
    assert seen["keyOverSocket"] == {"data": {"apiKey": "secret"}}


async def test_a_reload_keeps_the_tabs_and_what_is_in_them(seen: Seen) -> None:
    assert seen["tabsAfterReload"] == ["PostMessage", "FollowCompletion", "Conversations", "Models", "Key"]
    assert seen["selectedAfterReload"] == ["FollowCompletion"]
    assert json.loads(seen["variablesAfterReload"]) == {"messageId": "latest", "after": 0}


async def test_nothing_comes_from_another_host(seen: Seen, origin: str) -> None:
    assert [url for url in seen["requests"] if not url.startswith(f"{origin}/")] == []
    assert set(seen["sockets"]) == {f"{origin.replace('http', 'ws')}/graphql"}


async def test_nothing_is_blocked_refused_or_complained_of(seen: Seen) -> None:
    assert seen["violations"] == []
    assert seen["failures"] == []
    assert seen["console"] == []
