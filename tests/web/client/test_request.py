"""Queries and mutations by the client module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.node_program import run_node
from tests.e2e.process import free_port
from tests.serving import Served

PROGRAM = Path(__file__).with_name("request.mjs")
POST = "mutation ($input: PostMessageInput!) { postMessage(input: $input) { message { content } } }"
MODELS = "{ models { id } }"


async def request(url: str, query: str = MODELS, **asked: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await run_node(PROGRAM, json.dumps({"url": url, "query": query, **asked})))
    return told


async def test_data_comes_as_it_is(parley: Served) -> None:
    posted = await request(parley.graphql_url, POST, variables={"input": {"content": "né\u2028你 🦜", "reply": False}})
    assert posted == {"data": {"postMessage": {"message": {"content": "né\u2028你 🦜"}}}}


async def test_an_error_has_its_code_and_the_field_to_blame(parley: Served) -> None:
    told = await request(parley.graphql_url, POST, variables={"input": {"content": "Hi", "n": 9}})
    assert told.pop("message").startswith("n: ")
    assert told == {"name": "RequestError", "code": "BAD_USER_INPUT", "field": "n", "retryable": False}


async def test_a_document_that_is_refused_is_an_error_of_its_own(parley: Served) -> None:
    assert (await request(parley.graphql_url, "{ nothing }"))["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_server_that_is_away_may_be_back_another_time() -> None:
    told = await request(f"http://127.0.0.1:{free_port()}/graphql")
    assert (told["code"], told["retryable"]) == ("UNREACHABLE", True)


async def test_an_answer_that_is_not_graphql_is_told_as_what_it_is(parley: Served) -> None:
    told = await request(f"{parley.url}/nothing")
    assert (told["code"], told["retryable"]) == ("NOT_GRAPHQL", False)
    assert "404" in told["message"]


async def test_who_gives_up_gets_the_reason_back(parley: Served) -> None:
    assert (await request(parley.graphql_url, abort=True))["name"] == "AbortError"


@pytest.mark.parametrize("key", ["prly_…", "a\nb"])
async def test_a_key_that_cannot_be_sent_is_not_valid(parley: Served, key: str) -> None:
    assert (await request(parley.graphql_url, key=key))["code"] == "UNAUTHENTICATED"
