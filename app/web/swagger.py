"""Swagger UI: the REST API to be read and tried in a browser, from the OpenAPI document at `/openapi.json`."""

from __future__ import annotations

from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.web.build import STATIC, NotBuiltError

SWAGGER_PATH = "/docs"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # The icons of Swagger UI are data: URLs in its style sheet.
        "img-src 'self' data:",
        # The document, and whatever is tried out.
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # As of the playground: the page names its assets by hash.
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@cache
def swagger_page() -> bytes:
    """The page's HTML, read once.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    try:
        return (STATIC / "swagger.html").read_bytes()
    except FileNotFoundError:
        raise NotBuiltError from None


def swagger_routes() -> list[BaseRoute]:
    """The page; its assets are those that `playground_routes` serves.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    page = swagger_page()

    async def answer(_request: Request) -> Response:
        return Response(page, headers=_HEADERS)

    return [Route(SWAGGER_PATH, answer)]
