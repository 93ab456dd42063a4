"""What is refused, as EGP does it: `detail`, with the path of the field that it is about."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from pydantic import TypeAdapter, ValidationError
from starlette.requests import HTTPConnection

from app.api.identity import Identity
from app.api.rest.egp.errors import MAX_PROBLEMS, malformed
from app.api.rest.request_body import MAX_BODY_BYTES
from app.api.rest.router import rest_router
from app.chat.service import Chat
from app.generation.catalog import Catalog
from app.generation.demo import DemoBackend
from tests.api.rest.egp.asking import PATH, asking
from tests.api.rest.serving import serving
from tests.upstream.script import Script


def with_messages(*messages: Any) -> dict[str, Any]:
    return {"model": "upstream", "messages": list(messages)}


INVALID: dict[str, tuple[object, list[str | int]]] = {
    "not an object": ([], []),
    "no messages": ({"model": "upstream"}, ["messages"]),
    "empty messages": (with_messages(), ["messages"]),
    "message without role": (with_messages({"content": "x"}), ["messages", 0, "role"]),
    "message without content": (with_messages({"role": "user"}), ["messages", 0, "content"]),
    "unknown role": (with_messages({"role": "robot", "content": "x"}), ["messages", 0, "role"]),
    "content of another type": (with_messages({"role": "user", "content": 5}), ["messages", 0, "content"]),
    "an image": (
        with_messages({"role": "user", "content": [{"type": "image_url"}]}),
        ["messages", 0, "content", 0, "type"],
    ),
    "a request for a tool": (
        with_messages({"role": "agent", "content": None, "tool_request": {"name": "f", "arguments": "{}"}}),
        ["messages", 0, "tool_request"],
    ),
    "NUL": (with_messages({"role": "user", "content": "a\0"}), ["messages", 0, "content"]),
    "NUL in the instructions": (asking(instructions="\0"), ["instructions"]),
    "stream as text": (asking(stream="true"), ["stream"]),
    "temperature": (asking(model_parameters={"temperature": 2.5}), ["model_parameters", "temperature"]),
    "temperature as text": (asking(model_parameters={"temperature": "1"}), ["model_parameters", "temperature"]),
    "top_p": (asking(model_parameters={"top_p": -0.1}), ["model_parameters", "top_p"]),
    "max_tokens": (asking(model_parameters={"max_tokens": 0}), ["model_parameters", "max_tokens"]),
    "too large max_tokens": (asking(model_parameters={"max_tokens": 2**40}), ["model_parameters", "max_tokens"]),
    "too many stop sequences": (
        asking(model_parameters={"stop_sequences": ["a"] * 5}),
        ["model_parameters", "stop_sequences"],
    ),
    "empty stop sequence": (
        asking(model_parameters={"stop_sequences": ["a", ""]}),
        ["model_parameters", "stop_sequences", 1],
    ),
    "no memory": (asking(memory_strategy={"params": {"k": 0}}), ["memory_strategy", "params", "k"]),
    "unknown memory strategy": (
        asking(memory_strategy={"name": "all", "params": {"k": 1}}),
        ["memory_strategy", "name"],
    ),
}


@pytest.mark.parametrize(("body", "field"), INVALID.values(), ids=INVALID)
async def test_what_is_wrong_is_told_with_its_field(
    client: httpx.AsyncClient, body: object, field: list[str | int]
) -> None:
    response = await client.post(PATH, json=body)
    assert response.status_code == 422
    problems = response.json()["detail"]
    assert ["body", *field] in [problem["loc"] for problem in problems]
    assert all(problem["msg"] and problem["type"] for problem in problems)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
async def test_a_body_that_is_not_json_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post(PATH, content=body)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body"]


def test_no_more_problems_are_told_than_anybody_reads() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(list[int]).validate_python(["x"] * 1_000)
    assert len(malformed(caught.value, b"").detail) == MAX_PROBLEMS


UNSUPPORTED: dict[str, tuple[dict[str, Any], str]] = {
    "tools": (asking(tools=[{"name": "f"}]), "tools "),
    "chat_template": (asking(chat_template="{{ messages }}"), "chat_template "),
    "images": (asking(images=[{"image_url": "x"}]), "images "),
    "top_k": (asking(model_parameters={"top_k": 5}), "model_parameters.top_k "),
    "topK": (asking(model_parameters={"topK": 5}), "model_parameters.topK "),
    "reasoning_effort": (asking(model_parameters={"reasoning_effort": "low"}), "model_parameters.reasoning_effort "),
    "seed": (asking(model_parameters={"seed": 0}), "model_parameters.seed "),
    "temperature in the wrong place": (asking(temperature=0), "temperature belongs into model_parameters"),
    "max_tokens in the wrong place": (asking(max_tokens=5), "max_tokens belongs into model_parameters"),
}


@pytest.mark.parametrize(("body", "words"), UNSUPPORTED.values(), ids=UNSUPPORTED)
async def test_what_would_change_the_answer_is_refused_by_name(
    client: httpx.AsyncClient, body: dict[str, Any], words: str
) -> None:
    response = await client.post(PATH, json=body)
    assert (response.status_code, response.json()["code"]) == (400, "unsupported_parameter")
    assert response.json()["detail"].startswith(words)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        (Script(status=400, code="context_length_exceeded"), 400, "context_length_exceeded"),
        (Script(status=401), 502, "http_401"),
        (Script(status=404), 404, "model_not_found"),
        (Script(status=429), 429, "rate_limit_exceeded"),
        (Script(status=500), 502, "http_500"),
        (Script(break_after=0), 502, "UPSTREAM_INCOMPLETE"),
    ],
)
async def test_an_upstream_that_fails_before_its_first_word_gives_a_status(
    client: httpx.AsyncClient, script: Script, status: int, code: str, stream: bool
) -> None:
    response = await client.post(PATH, json=asking(script, stream=stream))
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert isinstance(response.json()["detail"], str)


async def test_an_unknown_model_is_not_found(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, json={**asking(), "model": "nobody"})
    assert (response.status_code, response.json()["code"]) == (404, "model_not_found")
    assert "'nobody'" in response.json()["detail"]


async def test_too_long_a_body_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, content=b" " * (MAX_BODY_BYTES + 1))
    assert response.status_code == 413
    assert "bytes" in response.json()["detail"]


@pytest.fixture
async def keyed() -> AsyncGenerator[httpx.AsyncClient]:
    """Of a server that wants `x-api-key: right`, breaks on `breaks`, and whose domain takes no posts from `late`."""

    async def identify(connection: HTTPConnection, _payload: object = None, /) -> Identity:
        key = connection.headers.get("x-api-key")
        chat_turns.accepting = key != "late"
        if key == "breaks":
            raise RuntimeError("the secret inside")
        if key not in ("right", "late"):
            raise HTTPException(401, "the API key is not valid")
        return Identity("somebody")

    chat_turns = SimpleNamespace(accepting=True)
    catalog = Catalog([DemoBackend(words_per_second=10_000)])
    chat = cast("Chat", SimpleNamespace(models=catalog, turns=chat_turns))
    app = FastAPI()
    app.include_router(rest_router(chat, identify=identify))
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        yield client
    await catalog.close()


@pytest.mark.parametrize(("key", "status"), [("right", 200), ("wrong", 401), ("late", 503), ("breaks", 500)])
async def test_the_key_in_x_api_key_decides(keyed: httpx.AsyncClient, key: str, status: int) -> None:
    response = await keyed.post(PATH, json={**asking(), "model": "demo"}, headers={"x-api-key": key})
    assert response.status_code == status


async def test_an_unexpected_error_keeps_its_text_to_itself(keyed: httpx.AsyncClient) -> None:
    response = await keyed.post(PATH, json=asking(), headers={"x-api-key": "breaks"})
    assert response.json()["code"] == "INTERNAL"
    assert "the secret inside" not in response.text
