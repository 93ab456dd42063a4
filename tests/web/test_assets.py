"""The built files: complete, from this origin alone, kept for ever by browsers, never compressed while serving."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest

from app.web.assets import MEDIA_TYPES, Assets, read_assets
from app.web.build import STATIC, NotBuiltError

ASSETS = read_assets(STATIC / "assets")
SCRIPT = next(name for name in ASSETS if name.startswith("playground-") and name.endswith(".js"))

# Named in comments, error texts, namespaces and links of the bundled packages; nothing is loaded from them. A host that
# a new version brings in belongs here only after somebody has looked at what it is for.
HOSTS_NAMED = {
    "code.visualstudio.com",
    "commonmark.org",
    "datatracker.ietf.org",
    "en.wikipedia.org",
    "example.com",
    "fb.me",
    "github.com",
    "instagram.com",
    "json-schema.org",
    "microsoft.com",
    "prettier.io",
    "react.dev",
    "reactjs.org",
    "redux.js.org",
    "soundcloud.com",
    "spdx.org",
    "spec.openapis.org",
    "swagger.io",
    "twitter.com",
    "validator.swagger.io",  # unless it is told not to, which the page does
    "vladimirgorej.com",  # a base for URLs to be parsed against
    "www.facebook.com",
    "www.onegraph.com",
    "www.rfc-editor.org",
    "www.tiktok.com",
    "www.w3.org",
    "yarnpkg.com",
    "실례.com",
}


@pytest.mark.parametrize("name", ASSETS)
async def test_every_asset_is_served_with_its_type_and_kept_for_ever(client: httpx.AsyncClient, name: str) -> None:
    response = await client.get(f"/assets/{name}", headers={"accept-encoding": "identity"})

    assert response.status_code == 200
    assert response.content == (STATIC / "assets" / name).read_bytes()
    assert response.headers["content-type"] == MEDIA_TYPES[Path(name).suffix]
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ASSETS)
def test_every_asset_is_named_by_its_content(name: str) -> None:
    assert re.fullmatch(r"[\w.-]+-[\w-]{8}\.[a-z0-9]+", name)


@pytest.mark.parametrize("name", [name for name, asset in ASSETS.items() if "gzip" in asset.variants])
def test_a_compressed_variant_holds_the_same_text(name: str) -> None:
    # httpx decodes gzip only; br is shown equal by the browser, which asks for it.
    compressed = ASSETS[name].variants["gzip"].read_bytes()
    assert gzip.decompress(compressed) == ASSETS[name].variants["identity"].read_bytes()
    assert ASSETS[name].variants["br"].stat().st_size <= len(compressed)


def test_all_big_text_is_stored_compressed() -> None:
    big = [a for a in ASSETS.values() if a.media_type.startswith("text/") and _bytes(a.variants["identity"]) >= 1024]
    assert big
    assert all({"br", "gzip"} <= a.variants.keys() for a in big)


async def test_a_browser_gets_brotli_and_one_that_cannot_gets_gzip(client: httpx.AsyncClient) -> None:
    for accept, coding in (("gzip, deflate, br, zstd", "br"), ("gzip", "gzip")):
        response = await client.head(f"/assets/{SCRIPT}", headers={"accept-encoding": accept})
        assert response.headers["content-encoding"] == coding
        assert response.headers["vary"] == "Accept-Encoding"
        assert int(response.headers["content-length"]) == _bytes(ASSETS[SCRIPT].variants[coding])


async def test_a_browser_that_has_the_file_is_told_so_without_it(client: httpx.AsyncClient) -> None:
    first = await client.get(f"/assets/{SCRIPT}", headers={"accept-encoding": "gzip"})
    tag = first.headers["etag"]
    same = {"accept-encoding": "gzip", "if-none-match": f'"another", W/{tag}'}
    again = await client.get(f"/assets/{SCRIPT}", headers=same)
    other_coding = await client.get(f"/assets/{SCRIPT}", headers={**same, "accept-encoding": "identity"})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert other_coding.status_code == 200


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets/gone-12345678.js", f"/assets/{SCRIPT}.br", "/assets/%2e%2e/playground.html"]
)
async def test_nothing_else_is_served_and_its_absence_is_not_kept(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"


async def test_assets_are_only_read(client: httpx.AsyncClient) -> None:
    response = await client.post(f"/assets/{SCRIPT}")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("name", [name for name in ASSETS if Path(name).suffix in (".css", ".js", ".svg")])
def test_no_file_names_a_host_that_nobody_has_looked_at(name: str) -> None:
    text = (STATIC / "assets" / name).read_text()
    assert set(re.findall(r"(?:https?|wss?)://([\w-]+(?:\.[\w-]+)+)", text)) <= HOSTS_NAMED


@pytest.mark.parametrize("name", [name for name in ASSETS if name.endswith(".css")])
def test_style_sheets_load_only_assets_that_exist(name: str) -> None:
    text = (STATIC / "assets" / name).read_text()
    assert "@import" not in text
    for url in re.findall(r"url\(\s*['\"]?([^)'\"]+)", text):
        assert url.startswith("data:image/") or url.removeprefix("/assets/") in ASSETS


def test_a_clone_that_was_not_built_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotBuiltError, match=r"run `make run`"):
        Assets(tmp_path)


def _bytes(path: Path) -> int:
    return path.stat().st_size
