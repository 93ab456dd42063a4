"""The playground's page: what a browser gets that opens the API's address."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from graphql import OperationDefinitionNode, parse, validate

from app.web.assets import read_assets
from app.web.build import STATIC
from tests.web.references import References
from tests.web.stand_in import schema

OPERATIONS = sorted((Path(__file__).parents[2] / "web/src/playground/operations").glob("*.graphql"))


async def test_the_page_comes_with_a_policy_that_allows_only_its_own_origin(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", headers={"accept": "text/html"})

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    directives = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_an_upgraded_server_shows_its_new_page_at_once(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["vary"] == "Accept"


async def test_everything_that_the_page_loads_exists_here(client: httpx.AsyncClient) -> None:
    references = References()
    references.feed((await client.get("/graphql")).text)

    assert len(references.urls) >= 3
    assert references.inline == []
    assets = read_assets(STATIC / "assets")
    assert [url for url in references.urls if url.removeprefix("/assets/") not in assets] == []


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_a_starter_operation_is_valid(path: Path) -> None:
    document = parse(path.read_text())
    assert validate(schema._schema, document) == []
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    assert [node.name.value for node in operations if node.name] == [path.stem]
