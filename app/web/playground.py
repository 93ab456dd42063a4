"""The GraphQL playground: GraphiQL with subscriptions, for a browser that opens the API's own address."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from app.web.assets import ASSETS_PATH, Assets
from app.web.page import html, page_headers

_OF_EVERY_PAGE = page_headers(
    "worker-src 'self'",
    # Monaco writes the styles of its themes, lines and cursors into the page as it runs.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    # Monaco draws the waves under what is wrong as data: URLs.
    "img-src 'self' data:",
)
# The API answers at the same address.
_HEADERS = {**_OF_EVERY_PAGE, "Vary": "Accept"}


def playground_response() -> Response:
    """The whole answer to a browser's GET of the GraphQL endpoint.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    return Response(html("playground"), headers=_HEADERS)


def playground_routes() -> list[BaseRoute]:
    """What the page loads, to be mounted at the root of the application.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    return [Mount(ASSETS_PATH, app=Assets(), name="assets")]
