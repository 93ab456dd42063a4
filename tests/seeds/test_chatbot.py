"""The document about a chatbot on FastAPI: `requests`, `fetch`, a body for Swagger, GraphQL and Prisma."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from app.storage.node import find_node
from tests.e2e.process import ServerProcess
from tests.seeds.conftest import said
from tests.seeds.program import output_of
from tests.seeds.snippet import Snippet

HOST = "http://localhost:8000"
ANSWER = said("Tell me a joke")


async def test_the_requests_example_prints_the_answer(snippet_python: Path, server: ServerProcess) -> None:
    snippet = Snippet.of("chatbot_requests").with_(server.url, for_=HOST)
    assert await output_of(snippet_python, "-", stdin=snippet.text) == ANSWER


async def test_the_fetch_example_prints_the_answer(server: ServerProcess) -> None:
    snippet = Snippet.of("chatbot_fetch").with_(server.url, for_=HOST)
    lines = (await output_of(find_node(), "-", stdin=snippet.text)).splitlines()
    assert "".join(lines) == ANSWER


async def test_the_interactive_documentation_answers(server: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        page = await client.get("/docs")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")


async def test_the_example_body_becomes_a_request_once_each_placeholder_is_a_value(server: ServerProcess) -> None:
    """As Swagger offers it: every field of it is understood, and each placeholder is refused by its name."""
    snippet = Snippet.of("chatbot_body")
    model, role, most = '"model": "string"', '"role": "string"', '"max_tokens": 0'
    steps = {
        "messages[0].role": (role, '"role": "user"'),
        "max_tokens": (most, '"max_tokens": 7'),
        "model": (model, '"model": "default"'),
    }
    async with httpx.AsyncClient(base_url=server.url) as client:
        for field, (placeholder, value) in steps.items():
            refused = await client.post("/v1/chat/completions", json=json.loads(snippet.text))
            error = refused.json()["error"]
            assert (error["param"], refused.status_code // 100) == (field, 4), error
            snippet = snippet.with_(value, for_=placeholder)
        done = await client.post("/v1/chat/completions", json=json.loads(snippet.text))
    assert done.json()["choices"][0]["message"]["content"] == said("string")


@pytest.mark.parametrize("most", [0, -1])
async def test_no_tokens_at_all_are_refused_with_the_least_there_may_be(server: ServerProcess, most: int) -> None:
    body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": most}
    async with httpx.AsyncClient(base_url=server.url) as client:
        error = (await client.post("/v1/chat/completions", json=body)).json()["error"]
    assert error["param"] == "max_tokens"
    assert "max_tokens" in error["message"]
    assert "1" in error["message"]


async def test_a_todo_is_created_and_found(server: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        created, found = [
            (await client.post("/graphql", json={"query": Snippet.of(name).text})).json()
            for name in ("chatbot_create_todo", "chatbot_todos")
        ]
    todo = created["data"]["createTodo"]
    assert (todo["title"], todo["completed"]) == ("Test Todo", False)
    assert todo in found["data"]["todos"]
