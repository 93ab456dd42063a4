"""A server with a `parley.toml`: the models it has, who answers for them, and what it says of a wrong file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI

from tests.e2e.operations import everything, execute, post, said
from tests.e2e.process import PARLEY, ServerProcess, bare_environment, copy_folder, running
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import Script

MODELS = "{ models { id ownedBy contextWindow aliasOf } }"
REPLY_MODEL = "query Q($id: ID!) { message(id: $id) { model } }"
DEADLINE_SECONDS = 30

CONFIGURATION = """
default_model = "cygnet"

[backends.first]
base_url = "{first}"

[backends.second]
base_url = "{second}"
api_key_env = "SECOND_KEY"

[models.cygnet-llama-3]
backend = "second"
upstream_name = "b2"
context_window = 8192

[aliases]
cygnet = "cygnet-llama-3"
"""


@dataclass(frozen=True)
class Deployment:
    server: ServerProcess
    first: Upstream
    second: Upstream

    async def graphql_models(self) -> list[dict[str, Any]]:
        models: list[dict[str, Any]] = (await execute(self.server.graphql_url, MODELS))["models"]
        return models

    async def rest_models(self) -> list[dict[str, Any]]:
        """In GraphQL's words."""
        async with httpx.AsyncClient() as client:
            listed = (await client.get(f"{self.server.url}/v1/models")).json()["data"]
        return [
            {
                "id": each["id"],
                "ownedBy": each["owned_by"],
                "contextWindow": each.get("context_window"),
                "aliasOf": each.get("alias_of"),
            }
            for each in listed
        ]


@asynccontextmanager
async def deployed(folder: Path) -> AsyncGenerator[Deployment]:
    """A server with two upstreams, one of its models declared and one alias."""
    async with run_upstream("--models", "a1,same") as first, run_upstream("--models", "b1,same") as second:
        write(folder, CONFIGURATION.format(first=first.base_url, second=second.base_url))
        # The key of the second one stands in `.env`, and another in the environment that is nobody's.
        write(folder, "SECOND_KEY=sk-second\n", name=".env")
        async with running(folder, OPENAI_API_KEY="sk-nobodys") as server:
            yield Deployment(server, first, second)


def write(folder: Path, text: str, *, name: str = "parley.toml") -> None:
    (folder / name).write_text(text)


def exists(path: Path) -> bool:
    return path.exists()


@pytest.fixture(scope="module")
async def deployment(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Deployment]:
    """For tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("models")
    await copy_folder(migrated, folder)
    async with deployed(folder) as deployment:
        yield deployment


def model(id: str, owner: str, *, window: int | None = None, alias_of: str | None = None) -> dict[str, Any]:
    return {"id": id, "ownedBy": owner, "contextWindow": window, "aliasOf": alias_of}


FIRST = [model("a1", "first"), model("same", "first")]


async def test_both_edges_list_the_same_models_and_a_dead_upstream_hides_only_its_own(folder: Path) -> None:
    async with deployed(folder) as deployment:
        assert await deployment.graphql_models() == [
            model("cygnet", "second", window=8192, alias_of="cygnet-llama-3"),
            model("cygnet-llama-3", "second", window=8192),
            *FIRST,
            model("b1", "second"),
        ]
        assert await deployment.rest_models() == await deployment.graphql_models()
        await deployment.server.kill()
        await deployment.server.start()
        await deployment.second.close()
        assert await deployment.rest_models() == await deployment.graphql_models() == FIRST
        reply = (await post(deployment.server.graphql_url, Script(seed=1).prompt(), model="a1"))["reply"]["id"]
        assert said(await everything(deployment.server.websocket_url, reply)) == Script(seed=1).whole_text()


@pytest.mark.parametrize("name", [None, "default", "cygnet", "cygnet-llama-3"])
async def test_an_alias_and_the_default_are_answered_by_their_model_on_both_edges(
    deployment: Deployment, name: str | None
) -> None:
    server, script = deployment.server, Script(seed=2)
    chosen = {} if name is None else {"model": name}
    posted = await post(server.graphql_url, script.prompt(), **chosen)
    assert said(await everything(server.websocket_url, posted["reply"]["id"])) == script.whole_text()
    told = await execute(server.graphql_url, REPLY_MODEL, id=posted["reply"]["id"])
    assert told["message"]["model"] == "cygnet-llama-3"

    body = {"messages": [{"role": "user", "content": script.prompt()}], **chosen}
    async with httpx.AsyncClient() as client:
        answer = (await client.post(f"{server.url}/v1/chat/completions", json=body)).raise_for_status().json()
    assert answer["choices"][0]["message"]["content"] == script.whole_text()
    assert answer["model"] == "cygnet-llama-3"

    last = (await deployment.second.state())["requests"][-2:]
    assert [each["body"]["model"] for each in last] == ["b2", "b2"]
    assert [each["headers"]["authorization"] for each in last] == ["Bearer sk-second"] * 2


async def test_a_conversation_keeps_the_alias_that_it_was_given(deployment: Deployment) -> None:
    """So that it follows the alias when that moves on."""
    create = 'mutation { createConversation(input: {model: "cygnet"}) { model } }'
    assert (await execute(deployment.server.graphql_url, create))["createConversation"] == {"model": "cygnet"}


async def test_the_official_client_lists_and_describes_them(deployment: Deployment) -> None:
    async with AsyncOpenAI(base_url=f"{deployment.server.url}/v1", api_key="sk-any") as client:
        assert [each.id async for each in client.models.list()] == ["cygnet", "cygnet-llama-3", "a1", "same", "b1"]
        assert (await client.models.retrieve("cygnet")).owned_by == "second"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[models.x]\ncontext_windw = 9\n", 'parley.toml:2: unknown key "context_windw" in [models.x]; did you mean'),
        ("[models.x\n", "parley.toml:1: not TOML: "),
        ("[aliases]\na = 'b'\nb = 'a'\n", 'parley.toml:2: alias "a" stands for itself: "a" → "b" → "a"'),
    ],
)
async def test_a_wrong_file_is_told_in_one_line_before_anything_is_started(
    tmp_path: Path, text: str, told: str
) -> None:
    write(tmp_path, text)
    status, output = await serve(tmp_path)
    assert status == 1
    assert output.startswith(f"parley: {told}")
    assert output.count("\n") == 1
    assert not exists(tmp_path / "data"), "a database was made"


async def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    assert await serve(tmp_path, PARLEY_CONFIG="mine.toml") == (
        1,
        "parley: PARLEY_CONFIG=mine.toml: there is no such file\n",
    )


async def serve(folder: Path, **environment: str) -> tuple[int | None, str]:
    """The exit status and all that is said, of a server that does not start."""
    process = await asyncio.create_subprocess_exec(
        *(PARLEY, "serve"),
        cwd=folder,
        env={**bare_environment(folder), "PARLEY_PORT": "0", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode()
