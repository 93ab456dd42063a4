"""Swagger UI: the REST API to be read and tried in a browser, from the OpenAPI document at `/openapi.json`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.web.page import html, page_headers

SWAGGER_PATH = "/docs"

_HEADERS = page_headers(
    "style-src 'self'",
    # The icons of Swagger UI are data: URLs in its style sheet.
    "img-src 'self' data:",
)


def swagger_routes() -> list[BaseRoute]:
    """The page; its assets are those that `playground_routes` serves.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    page = html("swagger")

    async def answer(_request: Request) -> Response:
        return Response(page, headers=_HEADERS)

    return [Route(SWAGGER_PATH, answer)]
