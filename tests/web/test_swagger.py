"""The page at /docs: what a browser gets that opens it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import pytest
from starlette.applications import Starlette

from app.web import swagger
from app.web.assets import read_assets
from app.web.build import STATIC
from tests.web.references import References

MOST_BYTES_SENT = 600_000


@pytest.fixture
async def page() -> AsyncGenerator[httpx.Response]:
    transport = httpx.ASGITransport(app=Starlette(routes=swagger.swagger_routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://parley.test") as client:
        yield await client.get("/docs")


async def test_the_page_comes_with_a_policy_that_allows_only_its_own_origin(page: httpx.Response) -> None:
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    directives = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_an_upgraded_server_shows_its_new_page_at_once(page: httpx.Response) -> None:
    assert page.headers["cache-control"] == "no-cache"


async def test_everything_that_the_page_loads_exists_here_and_is_sent_compressed(page: httpx.Response) -> None:
    references = References()
    references.feed(page.text)

    assets = read_assets(STATIC / "assets")
    loaded = [url.removeprefix("/assets/") for url in references.urls if url != "/openapi.json"]
    assert len(loaded) >= 3
    assert references.inline == []
    assert [name for name in loaded if name not in assets] == []
    sent = [assets[name].variants.get("br", assets[name].variants["identity"]) for name in loaded]
    assert sum(path.stat().st_size for path in sent) < MOST_BYTES_SENT
