"""The document where keys are wanted: how one is sent, and what comes of having none, as it is answered."""

from __future__ import annotations

import httpx
import pytest
from openapi_spec_validator import validate

from tests.api.guarded import Guarded
from tests.api.rest.conformance import Document

HEALTH = {"GET /healthz", "GET /readyz"}


@pytest.fixture
async def document(guarded: Guarded) -> Document:
    async with httpx.AsyncClient(base_url=guarded.served.url) as client:
        await client.get("/openapi.json")
        return Document((await client.get("/openapi.json")).json())  # the second time it is the same


async def test_it_is_valid_and_tells_swagger_how_to_send_a_key(document: Document) -> None:
    validate(document.raw)
    schemes = document.raw["components"]["securitySchemes"]
    assert {each["type"] for each in schemes.values()} == {"http", "apiKey"}
    for name, operation in document.operations.items():
        assert operation.get("security", []) == ([] if name in HEALTH else [{each: []} for each in schemes]), name


async def test_every_refusal_for_want_of_a_key_is_documented(guarded: Guarded, document: Document) -> None:
    async with httpx.AsyncClient(base_url=guarded.served.url) as client:
        for operation in document.operations.keys() - HEALTH:
            method, path = operation.split(" ")
            answer = await client.request(method, path.replace("{id}", "nothing").replace("{model}", "nobody"))
            assert document.check(answer) == (operation, 401)
            assert document.statuses(operation) >= {401, 429}
            assert document.operations[operation]["responses"]["401"]["description"].count("No key") == 1


async def test_where_none_are_wanted_the_document_says_nothing_of_them(storing: httpx.AsyncClient) -> None:
    document = Document((await storing.get("/openapi.json")).json())
    assert "securitySchemes" not in document.raw["components"]
    assert all(401 not in document.statuses(each) for each in document.operations)
