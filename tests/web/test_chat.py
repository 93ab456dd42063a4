"""The chat page's HTML: what a browser gets at the root and at the address of a conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.web.assets import read_assets
from app.web.build import STATIC
from app.web.chat import chat_routes
from tests.serving import Served
from tests.web.references import References

ROOT = Path(__file__).parents[2]
MOST_BYTES_OF_A_PICTURE = 150_000
ADDRESSES = ["/", "/c/conv_01h2xcejqtf2nbrexx3vqjhp41"]


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the page's routes in this process."""
    transport = httpx.ASGITransport(app=Starlette(routes=chat_routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://parley.test") as client:
        yield client


@pytest.mark.parametrize("address", ADDRESSES)
async def test_the_page_comes_with_a_policy_that_allows_only_its_own_origin(
    browser: httpx.AsyncClient, address: str
) -> None:
    response = await browser.get(address)

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    directives = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


async def test_an_upgraded_server_shows_its_new_page_at_once(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("address", ADDRESSES)
async def test_everything_that_the_page_loads_exists_here(browser: httpx.AsyncClient, address: str) -> None:
    references = References()
    references.feed((await browser.get(address)).text)

    assert len(references.urls) >= 3
    assert references.inline == []
    assets = read_assets(STATIC / "assets")
    assert [url for url in references.urls if url.removeprefix("/assets/") not in assets] == []


async def test_the_page_is_only_read(browser: httpx.AsyncClient) -> None:
    assert (await browser.head("/")).status_code == 200
    assert (await browser.post("/")).status_code == 405


async def test_the_server_shows_the_chat_first_and_the_playground_beside_it(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers={"accept": "text/html"}) as client:
        page = (await client.get("/")).text
        assert page == (await client.get("/c/conv_anything")).text
        assert page != (await client.get("/graphql")).text
        assert (await client.get("/c/")).status_code == 404


@pytest.mark.parametrize("picture", ["chat-light.png", "chat-dark.png"])
def test_the_readme_shows_it_in_pictures_that_load_quickly(picture: str) -> None:
    path = ROOT / "docs" / picture
    assert f"docs/{picture}" in (ROOT / "README.md").read_text()
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < MOST_BYTES_OF_A_PICTURE
