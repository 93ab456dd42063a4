"""Whatever a client sends, the answer is data, or an error that says what was wrong with it; it is never INTERNAL."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable

import pytest
from graphql import build_schema
from hypothesis_graphql import Mode

from app.api.graphql.schema import schema
from tests.api.graphql.client import Client
from tests.api.graphql.generated_requests import HERE, GeneratedRequest, documents, operations

SCHEMA = build_schema(schema.as_str())
FORESEEN = {
    "BAD_USER_INPUT",
    "CONVERSATION_BUSY",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "IDEMPOTENCY_CONFLICT",
    "INTROSPECTION_DISABLED",
    "MODEL_NOT_FOUND",
    "NOT_FOUND",
    "QUERY_TOO_COMPLEX",
}


async def outcomes(client: Client, requests: Iterable[GeneratedRequest]) -> Counter[str]:
    """How often there was `data`, and each of the errors' codes.

    Every request finds a conversation, a message and a reply there, even if the one before it has deleted them.
    """
    found: Counter[str] = Counter()
    posted: list[str] = []
    for request in requests:
        if not posted or "delete" in request.query:
            posted = await post(client)
        body = json.dumps({"query": request.query, "variables": request.variables})
        for stand_in, id in zip(HERE, posted, strict=True):
            body = body.replace(stand_in, id)
        answer = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        assert answer.status_code < 500, (body, answer.text)
        said = answer.json()
        found["data"] += any(each is not None for each in (said.get("data") or {}).values())
        for error in said.get("errors", ()):
            assert error["extensions"]["code"] in FORESEEN, (body, error)
            found[error["extensions"]["code"]] += 1
    return found


async def post(client: Client) -> list[str]:
    posted = await client.post("Hello")
    return [posted[each]["id"] for each in ("conversation", "message", "reply")]


async def test_any_document_is_answered(client: Client) -> None:
    found = await outcomes(client, documents(SCHEMA, 80))
    assert found["data"] > 10
    assert found["BAD_USER_INPUT"]


async def test_a_document_that_breaks_the_schema_is_told_so(client: Client) -> None:
    found = await outcomes(client, documents(SCHEMA, 60, mode=Mode.NEGATIVE))
    assert found["GRAPHQL_VALIDATION_FAILED"] > 10


async def test_any_variables_are_answered(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "parley"):
        found = await outcomes(client, operations(SCHEMA, 30))
    assert not caplog.records
    assert found["data"] > 50
    assert found["BAD_USER_INPUT"]
    assert found["NOT_FOUND"]
