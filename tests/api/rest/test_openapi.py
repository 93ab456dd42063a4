"""The OpenAPI document: valid, complete, and as exact as what is sent."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from app.api.rest.chat_request import parse_chat_request
from app.api.rest.egp.chat_request import parse_egp_request
from app.api.rest.openapi_examples import COMPLETION_EXAMPLES, EGP_EXAMPLES
from tests.api.rest.conformance import Document

CREATE = "/v1/chat/completions"


@pytest.fixture
async def document(storing: httpx.AsyncClient) -> Document:
    return Document((await storing.get("/openapi.json")).json())


def closed(schema: Any) -> Any:
    """The schema, refusing every field that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    extra = {"additionalProperties": False} if "properties" in schema and "additionalProperties" not in schema else {}
    return {name: closed(value) for name, value in schema.items()} | extra


async def test_it_is_valid(document: Document) -> None:
    validate(document.raw)


async def test_every_endpoint_is_there_with_its_answers_and_errors(document: Document) -> None:
    assert set(document.operations) == {
        "POST /v1/chat/completions",
        "GET /v1/chat/completions",
        "GET /v1/chat/completions/{id}",
        "POST /v1/chat/completions/{id}",
        "DELETE /v1/chat/completions/{id}",
        "POST /v1/chat/completions/{id}/cancel",
        "GET /v1/chat/completions/{id}/messages",
        "GET /v1/chat/completions/{id}/stream",
        "GET /v1/models",
        "GET /v1/models/{model}",
        "POST /egp/v1/chat-completions",
        "GET /healthz",
        "GET /readyz",
    }
    for operation in document.operations.values():
        assert operation["summary"]
        assert all(response["content"] and response["description"] for response in operation["responses"].values())


async def test_every_field_of_a_request_says_what_it_is(document: Document) -> None:
    body = document.operations[f"POST {CREATE}"]["requestBody"]["content"]["application/json"]["schema"]
    told = {name for name, field in body["properties"].items() if "description" in field}
    assert body["properties"].keys() - told <= {"stream_options"}
    assert body["properties"]["stream_options"]["anyOf"][0]["properties"]["include_usage"]["description"]
    assert "$defs" not in json.dumps(document.raw)


@pytest.mark.parametrize("name", COMPLETION_EXAMPLES)
def test_an_example_is_a_request_that_is_taken(name: str) -> None:
    assert parse_chat_request(json.dumps(COMPLETION_EXAMPLES[name]["value"]).encode()).messages


@pytest.mark.parametrize("name", EGP_EXAMPLES)
def test_an_example_of_egps_is_a_request_that_is_taken(name: str) -> None:
    assert parse_egp_request(json.dumps(EGP_EXAMPLES[name]["value"]).encode()).messages


@pytest.mark.parametrize("path", [CREATE, "/egp/v1/chat-completions"])
@pytest.mark.parametrize("stream", [False, True])
async def test_no_field_is_sent_that_the_document_does_not_name(
    storing: httpx.AsyncClient, document: Document, path: str, stream: bool
) -> None:
    strict = Document({**document.raw, "components": closed(document.raw["components"])})
    options = {"stream_options": {"include_usage": True}} if stream and path == CREATE else {}
    request = {"model": "upstream", "messages": [{"role": "user", "content": "Hello"}], "stream": stream, **options}
    assert strict.check(await storing.post(path, json=request)) == (f"POST {path}", 200)


async def test_no_field_of_a_stored_completion_is_sent_that_the_document_does_not_name(
    storing: httpx.AsyncClient, document: Document
) -> None:
    strict = Document({**document.raw, "components": closed(document.raw["components"])})
    request = {"model": "upstream", "messages": [{"role": "user", "content": "Hello"}], "store": True}
    stored = await storing.post(CREATE, json=request)
    strict.check(stored)
    own = f"{CREATE}/{stored.json()['id']}"
    for path in (CREATE, own, f"{own}/messages", f"{own}/stream?include_usage=true"):
        assert strict.check(await storing.get(path))[1] == 200
    assert strict.check(await storing.delete(own))[1] == 200
