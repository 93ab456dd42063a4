"""Paths and methods below /v1 that nothing is served by."""

from __future__ import annotations

import httpx
import pytest

from tests.api.rest.asking import PATH
from tests.serving import Served


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nope", "/v1/chat", f"{PATH}/x/nope"])
async def test_an_unknown_path_is_not_found_in_openais_shape(
    storing: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await storing.request(method, path)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (404, "invalid_request_error", None)
    assert error["message"].startswith(f"{method} {path} does not exist")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/models", "GET"),
        ("DELETE", PATH, "GET, POST"),
        ("PATCH", f"{PATH}/x", "DELETE, GET, POST"),
        ("GET", f"{PATH}/x/cancel", "POST"),
    ],
)
async def test_a_method_that_is_not_taken_is_told_those_that_are(
    storing: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await storing.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert response.json()["error"]["type"] == "invalid_request_error"


async def test_a_slash_too_many_leads_to_the_path_without(storing: httpx.AsyncClient, parley: Served) -> None:
    response = await storing.get(f"{PATH}/?limit=1")
    assert (response.status_code, response.headers["location"]) == (307, f"{parley.url}{PATH}?limit=1")
