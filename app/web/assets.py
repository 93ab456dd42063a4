"""The files that the pages load: their names hold a hash of their content, so each may be kept for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from app.web.build import STATIC, NotBuiltError
from app.web.content_coding import IDENTITY, PRECOMPRESSED_SUFFIXES, negotiate

ASSETS_PATH = "/assets"
# A year is the longest that caches heed (RFC 9111 names no limit; RFC 2616 did).
IMMUTABLE = "public, max-age=31536000, immutable"

# Fixed here because the system's table differs between machines, and a module script of the wrong type does not run.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the build and its precompressed variants, by content coding."""

    name: str
    media_type: str
    variants: Mapping[str, Path]


class Assets:
    """ASGI application that serves the build's assets, and nothing that was not there when it was made."""

    def __init__(self, static: Path = STATIC) -> None:
        """
        Raises:
            NotBuiltError: there is no build in `static`.
        """
        self._assets = read_assets(static / "assets")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._response(scope)(scope, receive, send)

    def _response(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "GET, HEAD"})
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        asset = self._assets.get(name)
        if asset is None:
            # Not kept: during an upgrade the next request may reach an instance that has the file.
            return PlainTextResponse("Not Found", 404, {"Cache-Control": "no-store"})
        return asset_response(asset, Headers(scope=scope))


def read_assets(folder: Path) -> Mapping[str, Asset]:
    """Every asset in the folder by its file name."""
    if not folder.is_dir():
        raise NotBuiltError
    names = {path.name: path for path in folder.iterdir()}
    assets = {}
    for name, path in names.items():
        if path.suffix in PRECOMPRESSED_SUFFIXES.values():
            continue
        variants = {IDENTITY: path}
        for coding, suffix in PRECOMPRESSED_SUFFIXES.items():
            if compressed := names.get(name + suffix):
                variants[coding] = compressed
        assets[name] = Asset(name, MEDIA_TYPES[PurePath(name).suffix], variants)
    return MappingProxyType(assets)


def asset_response(asset: Asset, request: Headers) -> Response:
    coding = negotiate(request.get("accept-encoding", ""), asset.variants)
    headers = {
        "Cache-Control": IMMUTABLE,
        # The name identifies the content; each coding of it is a representation of its own.
        "ETag": f'"{asset.variants[coding].name}"',
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if headers["ETag"] in _entity_tags(request.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if coding != IDENTITY:
        headers["Content-Encoding"] = coding
    return FileResponse(asset.variants[coding], headers=headers, media_type=asset.media_type)


def _entity_tags(if_none_match: str) -> set[str]:
    """Compared weakly, as RFC 9110 section 13.1.2 has it. No tag of ours holds a comma."""
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
