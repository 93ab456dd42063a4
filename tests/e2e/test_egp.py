"""A server whose only model speaks EGP, asked over GraphQL and over EGP."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.e2e.operations import everything, post, said
from tests.e2e.process import ServerProcess, copy_folder, running
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import Script

CONFIGURATION = """
[backends.scale]
kind = "egp"
base_url = "{base_url}"
api_key = "a-key"

[models.spellbook]
upstream_name = "gpt-3.5-turbo-0613"
"""


@pytest.fixture(scope="module")
async def upstream() -> AsyncGenerator[Upstream]:
    async with run_upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
async def server(
    migrated: Path, tmp_path_factory: pytest.TempPathFactory, upstream: Upstream
) -> AsyncGenerator[ServerProcess]:
    folder = tmp_path_factory.mktemp("egp")
    await copy_folder(migrated, folder)
    (folder / "parley.toml").write_text(CONFIGURATION.format(base_url=upstream.egp_base_url))
    async with running(folder) as server:
        yield server


async def test_a_post_over_graphql_is_answered_by_the_egp_upstream(server: ServerProcess, upstream: Upstream) -> None:
    script = Script(seed=1, deltas=50, finish_reason=None, done=False)
    id = (await post(server.graphql_url, script.prompt()))["reply"]["id"]
    events = await everything(server.websocket_url, id)
    message = events[-1]["message"]
    assert (message["status"], message["content"], said(events)) == (
        "COMPLETE",
        script.whole_text(),
        message["content"],
    )
    assert message["usage"] == {"totalTokens": 57, "source": "PROVIDER"}
    asked = (await upstream.state())["requests"][-1]
    assert (asked["headers"]["x-api-key"], asked["body"]["model"]) == ("a-key", "gpt-3.5-turbo-0613")


async def test_the_second_turn_gives_the_upstream_the_first_answer_as_its_agents(
    server: ServerProcess, upstream: Upstream
) -> None:
    first = Script(seed=2)
    posted = await post(server.graphql_url, first.prompt())
    await everything(server.websocket_url, posted["reply"]["id"])
    again = await post(server.graphql_url, "And now?", conversationId=posted["conversation"]["id"])
    await everything(server.websocket_url, again["reply"]["id"])
    messages = (await upstream.state())["requests"][-1]["body"]["messages"]
    assert messages[-2:] == [
        {"role": "agent", "content": first.whole_text()},
        {"role": "user", "content": "And now?"},
    ]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(seed=3, deltas=200, error_after=100, code="engine_overloaded"), "engine_overloaded"),
        (
            Script(seed=4, deltas=200, break_after=100, break_cleanly=True, framed=False, usage="none"),
            "UPSTREAM_INCOMPLETE",
        ),
    ],
    ids=["an error", "a cut connection"],
)
async def test_what_was_said_before_a_failure_is_kept_and_the_reply_failed(
    server: ServerProcess, script: Script, code: str
) -> None:
    id = (await post(server.graphql_url, script.prompt()))["reply"]["id"]
    message = (await everything(server.websocket_url, id))[-1]["message"]
    assert (message["status"], message["content"]) == ("FAILED", script.whole_text(100))
    assert message["error"] == {"code": code}


async def test_an_egp_client_is_answered_by_the_egp_upstream(server: ServerProcess) -> None:
    script = Script(seed=5, finish_reason=None, done=False)
    body = {"model": "spellbook", "messages": [{"role": "user", "content": script.prompt()}], "stream": True}
    text = ""
    async with (
        httpx.AsyncClient() as client,
        client.stream("POST", f"{server.url}/egp/v1/chat-completions", json=body) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                text += (chunk := json.loads(line.removeprefix("data: ")))["chat_completion"]["message"]["content"]
    assert text == script.whole_text()
    assert chunk["token_usage"] == {"prompt": 7, "completion": 20, "total": 27}
