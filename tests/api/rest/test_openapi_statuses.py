"""Statuses that come of what others do: an upstream that fails, a database that is away, a conversation in use."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api.rest.request_body import MAX_BODY_BYTES
from app.log.connection import Link
from app.log.retention import Retention
from tests.api.rest.conformance import Document
from tests.chat.shaky_postgres import ShakyPostgres
from tests.e2e.process import running
from tests.serving import serving
from tests.upstream.process import Upstream
from tests.upstream.script import Script

CREATE, EGP = "/v1/chat/completions", "/egp/v1/chat-completions"
STORED = f"{CREATE}/{{id}}"
UNKNOWN_ID = f"chatcmpl-{'0' * 32}"

UPSTREAM_FAULTS = {429: Script(status=429), 502: Script(status=500), 504: Script(stall_after=0)}
AWAY = [
    ("GET", CREATE),
    ("GET", STORED),
    ("POST", STORED),
    ("DELETE", STORED),
    ("POST", f"{STORED}/cancel"),
    ("GET", f"{STORED}/messages"),
    ("GET", f"{STORED}/stream"),
    ("GET", "/readyz"),
]
CREATING = [("POST", CREATE), ("POST", EGP)]
TOO_LARGE = [*CREATING, ("POST", STORED)]

REACHED_ONE_BY_ONE = {
    *((f"POST {path}", status) for path in (CREATE, EGP) for status in UPSTREAM_FAULTS),
    *((f"{method} {path}", 503) for method, path in [*AWAY, *CREATING]),
    *((f"{method} {path}", 413) for method, path in TOO_LARGE),
    (f"POST {CREATE}", 409),
    (f"POST {CREATE}", 422),
    (f"DELETE {STORED}", 409),
    (f"GET {STORED}/stream", 410),
    (f"POST {EGP}", 400),
}
"""What the tests below see to, and no made-up request is relied on for."""


@pytest.fixture(scope="module")
async def client(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[httpx.AsyncClient]:
    """A caller of a real server that soon loses patience with its upstream."""
    folder = tmp_path_factory.mktemp("impatient")
    (folder / "parley.toml").write_text(
        f'[backends.upstream]\nkind = "openai"\nbase_url = "{upstream.base_url}"\n'
        "first_token_seconds = 0.5\nbetween_tokens_seconds = 60.0\nattempts = 1\n"
    )
    async with running(folder) as server, httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def document(client: httpx.AsyncClient) -> Document:
    return Document((await client.get("/openapi.json")).json())


def asking(said: Script | str, **fields: Any) -> dict[str, Any]:
    text = said.prompt() if isinstance(said, Script) else said
    return {"model": "upstream", "messages": [{"role": "user", "content": text}], **fields}


@pytest.mark.parametrize("path", [CREATE, EGP])
@pytest.mark.parametrize("status", UPSTREAM_FAULTS)
async def test_an_upstream_that_fails(client: httpx.AsyncClient, document: Document, status: int, path: str) -> None:
    response = await client.post(path, json=asking(UPSTREAM_FAULTS[status]))
    assert document.check(response) == (f"POST {path}", status)


@pytest.mark.parametrize(("method", "path"), TOO_LARGE)
async def test_a_body_that_is_too_large(client: httpx.AsyncClient, document: Document, method: str, path: str) -> None:
    response = await client.request(method, path.format(id=UNKNOWN_ID), content=b" " * (MAX_BODY_BYTES + 1))
    assert document.check(response) == (f"{method} {path}", 413)


async def test_a_field_of_egps_that_is_not_supported(client: httpx.AsyncClient, document: Document) -> None:
    response = await client.post(EGP, json=asking("Hello", chat_template="{{ messages }}"))
    assert document.check(response) == (f"POST {EGP}", 400)


async def test_a_conversation_that_is_being_answered(client: httpx.AsyncClient, document: Document) -> None:
    endless = asking(Script(deltas=100_000, per_second=20), store=True, stream=True)
    async with client.stream("POST", CREATE, json=endless) as first:
        place = {"conversation_id": first.headers["x-conversation-id"]}
        second = await client.post(CREATE, json=asking("And?", store=True, metadata=place))
    assert document.check(second) == (f"POST {CREATE}", 409)
    await _stop(client, first.headers["x-message-id"])


async def test_an_idempotency_key_that_comes_again_with_another_payload(
    client: httpx.AsyncClient, document: Document
) -> None:
    headers = {"idempotency-key": "one"}
    first = await client.post(CREATE, json=asking("One", store=True), headers=headers)
    assert document.check(first) == (f"POST {CREATE}", 200)
    second = await client.post(CREATE, json=asking("Two", store=True), headers=headers)
    assert document.check(second) == (f"POST {CREATE}", 422)


async def test_deleting_a_completion_that_something_follows(client: httpx.AsyncClient, document: Document) -> None:
    first = await client.post(CREATE, json=asking("One", store=True))
    place = {"conversation_id": first.headers["x-conversation-id"]}
    second = await client.post(CREATE, json=asking("Two", store=True, metadata=place))
    assert document.check(second) == (f"POST {CREATE}", 200)
    response = await client.delete(STORED.format(id=first.json()["id"]))
    assert document.check(response) == (f"DELETE {STORED}", 409)


async def test_a_log_that_was_trimmed(database_url: str, document: Document) -> None:
    async with serving(database_url) as served, httpx.AsyncClient(base_url=served.url, timeout=60) as client:
        stored = await client.post(CREATE, json={**asking("Hello", store=True), "model": "demo-fast"})
        retention = Retention(Link(database_url, "trimming"), timedelta(0))
        await retention.trim()
        await retention.close()
        response = await client.get(f"{STORED.format(id=stored.json()['id'])}/stream?after=1")
    assert document.check(response) == (f"GET {STORED}/stream", 410)


async def test_a_database_that_is_away(tmp_path: Path, document: Document) -> None:
    async with (
        ShakyPostgres(tmp_path / "data") as postgres,
        serving(postgres.url) as served,
        httpx.AsyncClient(base_url=served.url, timeout=60) as client,
    ):
        await postgres.stop()
        for method, path in AWAY:
            body: dict[str, Any] | None = {"metadata": {}} if method == "POST" else None
            response = await client.request(method, path.format(id=UNKNOWN_ID), json=body)
            assert document.check(response) == (f"{method} {path}", 503)


async def test_a_server_that_is_shutting_down(database_url: str, document: Document) -> None:
    async with serving(database_url) as served, httpx.AsyncClient(base_url=served.url) as client:
        served.parley.chat.turns.close()
        for method, path in CREATING:
            response = await client.request(method, path, json=asking("Hello"))
            assert document.check(response) == (f"{method} {path}", 503)


async def _stop(client: httpx.AsyncClient, message: str) -> None:
    query = f'mutation {{ stopCompletion(messageId: "{message}") {{ id }} }}'
    assert "errors" not in (await client.post("/graphql", json={"query": query})).json()
