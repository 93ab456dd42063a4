"""The clients that front ends are made with ask, post and follow, and come back by themselves where they left off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree

import pytest

from tests.e2e.node_program import NODE_TESTS, Said, node_program, run_node
from tests.e2e.operations import message
from tests.e2e.printed_schema import printed_schema
from tests.e2e.process import ServerProcess, running

DEADLINE_SECONDS = 90

CLIENTS = ["sse.mjs", "apollo.mjs", "urql.mjs ws", "urql.mjs sse", "relay/front_end.mjs ARTIFACTS"]
RELAY = {"language": "javascript", "eagerEsModules": False}


@pytest.fixture(scope="session")
async def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What relay-compiler makes of the operations, where they fit the schema."""
    folder = tmp_path_factory.mktemp("relay")
    schema = await printed_schema(folder)
    copytree(NODE_TESTS / "relay" / "src", folder / "src")
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    config = folder / "relay.config.json"
    config.write_text(json.dumps({"src": "src", "schema": schema.name, "artifactDirectory": artifacts.name, **RELAY}))
    await run_node("node_modules/relay-compiler/cli.js", config.name, folder=folder)
    return artifacts


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, artifacts: Path) -> list[str]:
    """The program, and what it is given after the server's address and the prompt."""
    return [str(artifacts) if word == "ARTIFACTS" else word for word in request.param.split()]


def front_end(client: Sequence[str], server: ServerProcess, prompt: str) -> Sequence[str]:
    return [client[0], server.graphql_url, prompt, *client[1:]]


def text(lines: list[Said]) -> str:
    return "".join(line.get("content", "") for line in lines)


def resumed_after(lines: list[Said]) -> list[int]:
    return [line["after"] for line in lines if "after" in line]


async def test_it_asks_posts_and_follows_to_the_end(client: list[str], standing: ServerProcess) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), node_program(*front_end(client, standing, "Tell me a story")) as said:
        asked, *lines = [line async for line in said]
    assert {each["id"] for each in asked["models"]} == {"demo", "demo-fast"}
    end = lines[-1]["message"]
    assert end["status"] == "COMPLETE"
    assert text(lines) == end["content"] == (await message(standing.graphql_url, end["id"]))["content"]
    assert resumed_after(lines) == [0]


async def test_it_has_every_piece_of_text_once_when_the_server_was_killed_and_started_again(
    client: list[str], folder: Path
) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), running(folder) as server:
        lines: list[Said] = []
        killed = False
        async with node_program(*front_end(client, server, "Tell me a long story")) as said:
            async for line in said:
                lines.append(line)
                if line.get("seq", 0) >= 8 and not killed:
                    killed = True
                    await server.kill()
                    await server.start()
        end = lines[-1]["message"]
        assert end["status"] == "INTERRUPTED"
        assert text(lines) == end["content"] == (await message(server.graphql_url, end["id"]))["content"]
        first, *again = resumed_after(lines)
        assert first == 0
        assert again
        assert min(again) >= 8
