"""The GraphQL playground: GraphiQL with subscriptions, for a browser that opens the API's own address."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from app.web.assets import ASSETS_PATH, Assets
from app.web.build import STATIC, NotBuiltError

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        # Monaco writes the styles of its themes, lines and cursors into the page as it runs.
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self'",
        # Monaco draws the waves under what is wrong as data: URLs.
        "img-src 'self' data:",
        # Covers ws: and wss: of the same host too: in Chrome and Firefox since 2018, in Safari since 16 (2022).
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

PLAYGROUND_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        # The page names its assets by hash: a kept page would ask an upgraded server for files that it no longer has.
        "Cache-Control": "no-cache",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        # The API answers at the same address.
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
)


@cache
def playground_page() -> bytes:
    """The page's HTML, read once.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    try:
        return (STATIC / "playground.html").read_bytes()
    except FileNotFoundError:
        raise NotBuiltError from None


def playground_response() -> Response:
    """The whole answer to a browser's GET of the GraphQL endpoint.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    return Response(playground_page(), headers=dict(PLAYGROUND_HEADERS))


def playground_routes() -> list[BaseRoute]:
    """What the page loads, to be mounted at the root of the application.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    return [Mount(ASSETS_PATH, app=Assets(), name="assets")]
