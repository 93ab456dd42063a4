"""What is refused, in OpenAI's shape, with the field that it is about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from app.api.identity import local_identity
from app.api.rest.request_body import MAX_BODY_BYTES
from app.api.rest.router import rest_router
from app.chat.service import Chat
from app.generation.registry import build_catalog
from tests.api.rest.asking import PATH, asking
from tests.api.rest.serving import serving
from tests.upstream.script import Script


def with_messages(*messages: Any) -> dict[str, Any]:
    return {"model": "upstream", "messages": list(messages)}


REFUSED: dict[str, tuple[object, str | None, str]] = {
    "not an object": ([], None, "invalid_value"),
    "no messages": ({"model": "upstream"}, "messages", "missing_required_parameter"),
    "empty messages": (with_messages(), "messages", "invalid_value"),
    "message without role": (with_messages({"content": "x"}), "messages[0].role", "missing_required_parameter"),
    "unknown role": (with_messages({"role": "robot", "content": "x"}), "messages[0].role", "invalid_value"),
    "content of another type": (with_messages({"role": "user", "content": 5}), "messages[0].content", "invalid_value"),
    "an image": (
        with_messages({"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "image_url"}]}),
        "messages[0].content[1].type",
        "invalid_value",
    ),
    "NUL": (with_messages({"role": "user", "content": "a\0"}), "messages[0].content", "invalid_value"),
    "too long a text": (
        with_messages({"role": "user", "content": "x" * 4_200_000}),
        "messages[0].content",
        "invalid_value",
    ),
    "temperature": (asking(temperature=2.5), "temperature", "invalid_value"),
    "temperature as text": (asking(temperature="1"), "temperature", "invalid_value"),
    "top_p": (asking(top_p=-0.1), "top_p", "invalid_value"),
    "presence_penalty": (asking(presence_penalty=3), "presence_penalty", "invalid_value"),
    "frequency_penalty": (asking(frequency_penalty=-3), "frequency_penalty", "invalid_value"),
    "max_tokens": (asking(max_tokens=0), "max_tokens", "invalid_value"),
    "max_completion_tokens": (asking(max_completion_tokens=-1), "max_completion_tokens", "invalid_value"),
    "n is 0": (asking(n=0), "n", "invalid_value"),
    "n is too many": (asking(n=9), "n", "invalid_value"),
    "seed": (asking(seed=2**63), "seed", "invalid_value"),
    "too many stop sequences": (asking(stop=["a"] * 5), "stop", "invalid_value"),
    "empty stop sequence": (asking(stop=""), "stop", "invalid_value"),
    "stop of another type": (asking(stop=[1]), "stop[0]", "invalid_value"),
    "stream of another type": (asking(stream="yes"), "stream", "invalid_value"),
    "stream_options without stream": (
        asking(stream_options={"include_usage": True}),
        "stream_options",
        "invalid_value",
    ),
    "include_usage of another type": (
        asking(stream=True, stream_options={"include_usage": 0}),
        "stream_options.include_usage",
        "invalid_value",
    ),
    "tools": (asking(tools=[{"type": "function"}]), "tools", "unsupported_parameter"),
    "tool_choice": (asking(tool_choice="required"), "tool_choice", "unsupported_parameter"),
    "functions": (asking(functions=[{}]), "functions", "unsupported_parameter"),
    "logprobs": (asking(logprobs=True), "logprobs", "unsupported_parameter"),
    "logit_bias": (asking(logit_bias={"1": 5}), "logit_bias", "unsupported_parameter"),
    "response_format": (asking(response_format={"type": "json_object"}), "response_format", "unsupported_parameter"),
    "modalities": (asking(modalities=["audio"]), "modalities", "unsupported_parameter"),
    "an answer's calls of tools": (
        with_messages({"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function"}]}),
        "messages[0].tool_calls",
        "unsupported_parameter",
    ),
    "an answer's call of a function": (
        with_messages({"role": "assistant", "function_call": {"name": "f"}}),
        "messages[0].function_call",
        "unsupported_parameter",
    ),
    "the call that a tool answers": (
        with_messages({"role": "tool", "content": "x", "tool_call_id": "1"}),
        "messages[0].tool_call_id",
        "unsupported_parameter",
    ),
    "an answer's refusal": (
        with_messages({"role": "assistant", "refusal": "No."}),
        "messages[0].refusal",
        "unsupported_parameter",
    ),
    "an answer's sound": (
        with_messages({"role": "assistant", "audio": {"id": "a"}}),
        "messages[0].audio",
        "unsupported_parameter",
    ),
    "store of another type": (asking(store="yes"), "store", "invalid_value"),
}


@pytest.mark.parametrize(("body", "param", "code"), REFUSED.values(), ids=REFUSED)
async def test_names_the_field_that_is_wrong(
    client: httpx.AsyncClient, body: object, param: str | None, code: str
) -> None:
    response = await client.post(PATH, json=body)
    error = response.json()["error"]
    assert response.status_code == 400
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert error["message"].startswith(param or "")


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff", b'{"messages": "\\ud800"}', b"[" * 50_000])
async def test_what_is_not_json_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post(PATH, content=body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_json")


async def test_too_long_a_body_is_refused_before_it_has_come_whole(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, content=b" " * (MAX_BODY_BYTES + 1))
    assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")


async def test_an_unknown_model_is_not_found(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, json=asking(model="gpt-unknown"))
    error = response.json()["error"]
    assert response.status_code == 404
    assert (error["param"], error["code"]) == ("model", "model_not_found")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        (Script(status=400, code="context_length_exceeded"), 400, "context_length_exceeded"),
        (Script(status=401, code="invalid_api_key"), 502, "invalid_api_key"),
        (Script(status=404), 404, "model_not_found"),
        (Script(status=429), 429, "rate_limit_exceeded"),
        (Script(status=500), 502, "http_500"),
        (Script(status=503), 502, "http_503"),
        (Script(break_after=0), 502, "UPSTREAM_INCOMPLETE"),
        (Script(error_after=0, code="engine_overloaded"), 502, "engine_overloaded"),
    ],
)
async def test_an_upstream_that_fails_at_once_has_a_status_streaming_or_not(
    client: httpx.AsyncClient, script: Script, status: int, code: str, stream: bool
) -> None:
    response = await client.post(PATH, json=asking(script, stream=stream))
    assert response.headers["content-type"] == "application/json"
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstream_that_keeps_silent_is_not_waited_for_for_ever(
    impatient_client: httpx.AsyncClient, stream: bool
) -> None:
    response = await impatient_client.post(PATH, json=asking(Script(stall_after=0), stream=stream))
    assert (response.status_code, response.json()["error"]["code"]) == (504, "UPSTREAM_TIMEOUT")


async def test_tells_when_to_come_back(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, json=asking(Script(status=429, retry_after="40")))
    assert 40 <= int(response.headers["retry-after"]) <= 41


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/elsewhere", 418)])
async def test_errors_of_other_routes_stay_as_they_are(client: httpx.AsyncClient, path: str, status: int) -> None:
    response = await client.get(path)
    assert response.status_code == status
    assert response.json().keys() == {"detail"}


async def test_a_server_that_is_shutting_down_takes_no_more_and_says_so() -> None:
    chat = cast("Chat", SimpleNamespace(models=build_catalog(), turns=SimpleNamespace(accepting=False)))
    app = FastAPI()
    app.include_router(rest_router(chat, identify=local_identity))
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        response = await client.post(PATH, json=asking(model="demo-fast"))
    assert (response.status_code, response.json()["error"]["code"]) == (503, "SHUTTING_DOWN")
