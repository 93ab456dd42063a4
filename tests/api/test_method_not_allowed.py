"""A method that an address does not take is answered with all that it takes, whichever route each belongs to."""

from __future__ import annotations

import httpx
import pytest

from tests.serving import Served


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/chat/completions", "GET, POST"),
        ("PUT", "/v1/chat/completions/any", "DELETE, GET, POST"),
        ("POST", "/v1/models", "GET"),
        ("POST", "/docs", "GET, HEAD"),
    ],
)
async def test_every_method_that_the_address_takes_is_named(
    server: Served, method: str, path: str, allowed: str
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        response = await client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    if path.startswith("/v1"):
        assert response.json()["error"]["type"] == "invalid_request_error"
    else:
        assert response.json() == {"detail": "Method Not Allowed"}


async def test_an_address_that_does_not_exist_is_still_not_found(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.put("/nowhere")).status_code == 404
