"""GraphiQL in a real Chromium that reaches nothing but the stand-in server: it does what a newcomer does, in one visit.

`tests/browser/playground.mjs` drives the browser and reports what it saw; what that means is judged here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn

from tests.web.browser import Seen, needs_chromium, visit
from tests.web.stand_in import create_stand_in

pytestmark = needs_chromium


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
    return await visit("playground.mjs", f"{origin}/graphql", tmp_path_factory)


async def test_the_page_opens_with_its_own_fonts(seen: Seen) -> None:
    assert seen["title"] == "Parley"
    assert {"Roboto", "Fira Code"} <= set(seen["fonts"])


async def test_the_chat_is_one_click_away(seen: Seen) -> None:
    assert seen["chat"] == "/"


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
