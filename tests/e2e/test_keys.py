"""Keys as an operator handles them, beside a server that others can reach."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from app.chat.key_verification import HOLDS_SECONDS
from tests.api.graphql.client import ACK, FOLLOW, POST
from tests.api.guarded import closed, first_answer, opened
from tests.e2e.process import PARLEY, bare_environment, running

PROMPTLY_SECONDS = 5
"""What a busy machine may take beside what is promised."""


async def parley(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """The exit status, and what the command says."""
    process = await asyncio.create_subprocess_exec(
        PARLEY,
        *arguments,
        cwd=folder,
        env={**bare_environment(folder), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode().strip(), errors.decode().strip()


async def test_nobody_is_let_in_before_there_is_a_key(folder: Path) -> None:
    status, _, errors = await parley(folder, "serve", PARLEY_HOST="0.0.0.0", PARLEY_PORT="0")
    assert status == 1
    (told,) = errors.splitlines()
    assert told.startswith("parley: PARLEY_HOST=0.0.0.0 lets others connect")


async def test_a_key_that_is_made_lets_in_and_once_revoked_keeps_out_open_sockets_too(folder: Path) -> None:
    status, key, _ = await parley(folder, "keys", "create", "laptop")
    assert status == 0
    async with (
        running(folder, PARLEY_HOST="0.0.0.0", PARLEY_DEMO_WORDS_PER_SECOND="2") as server,
        httpx.AsyncClient(base_url=server.url, timeout=30) as client,
        opened(server.websocket_url) as socket,
    ):
        sent = {"authorization": f"Bearer {key}"}
        assert (await client.get("/v1/models", headers=sent)).status_code == 200
        assert (await client.get("/v1/models", headers={"host": "chat.example", **sent})).status_code == 200
        assert (await client.get("/v1/models")).status_code == 401
        await socket.send({"type": "connection_init", "payload": sent})
        assert await socket.receive() == ACK
        posted = await first_answer(socket, POST, input={"content": "Tell me a long story"})
        assert (await socket.receive())["type"] == "complete"
        reply = posted["payload"]["data"]["postMessage"]["reply"]["id"]
        assert (await first_answer(socket, FOLLOW, id=reply))["type"] == "next"

        status, said, _ = await parley(folder, "keys", "revoke", "laptop")
        assert (status, said.split(";")[0]) == (0, "revoked laptop")
        assert await closed(socket, HOLDS_SECONDS + PROMPTLY_SECONDS) == (4403, "Forbidden")
        assert (await client.get("/v1/models", headers=sent)).status_code == 401


async def test_keys_are_made_listed_and_revoked_and_shown_once(folder: Path) -> None:
    _, first, _ = await parley(folder, "keys", "create", "laptop")
    _, second, _ = await parley(folder, "keys", "create", "phone", "--owner", "me")
    assert await parley(folder, "keys", "create", "phone") == (
        1,
        "",
        "parley: a key named 'phone' is in use: revoke it first, or choose another name",
    )
    await parley(folder, "keys", "revoke", "laptop")
    _, listed, _ = await parley(folder, "keys", "list")
    head, laptop, phone = (line.split() for line in listed.splitlines())
    assert head == ["NAME", "OWNER", "CREATED", "LAST", "USED", "REVOKED"]
    assert (laptop[0], laptop[-1] == "-", phone[:2], phone[-1]) == ("laptop", False, ["phone", "me"], "-")
    assert not any(each.removeprefix("parley_") in listed for each in (first, second))
    status, _, errors = await parley(folder, "keys", "revoke", "laptop")
    assert (status, errors) == (1, "parley: no key named 'laptop' is in use: `parley keys list` shows those that are")


@pytest.mark.parametrize(("name", "told"), [("", "name: must be text"), ("x" * 101, "name: has 101 characters")])
async def test_a_name_that_will_not_do_is_told_in_one_line(folder: Path, name: str, told: str) -> None:
    status, said, errors = await parley(folder, "keys", "create", name)
    assert (status, said) == (1, "")
    assert errors.startswith(f"parley: {told}")
    assert "\n" not in errors


async def test_what_the_local_user_had_is_opened_by_a_key_made_for_it(folder: Path) -> None:
    async with running(folder) as server, httpx.AsyncClient(base_url=server.url) as client:
        body = {"query": POST, "variables": {"input": {"content": "Hello", "reply": False}}}
        posted = (await client.post("/graphql", json=body)).json()["data"]["postMessage"]["message"]["id"]
    _, key, _ = await parley(folder, "keys", "create", "laptop", "--owner", "local")
    async with running(folder, PARLEY_AUTH="keys") as server, httpx.AsyncClient(base_url=server.url) as client:
        query = {"query": "query Q($id: ID!) { message(id: $id) { content } }", "variables": {"id": posted}}
        found = (await client.post("/graphql", json=query, headers={"x-api-key": key})).json()
    assert found["data"] == {"message": {"content": "Hello"}}
