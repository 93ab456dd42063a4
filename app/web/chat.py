"""The chat page: what a browser gets at the root, and at the address of a conversation."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.web.page import html, page_headers

CHAT_PATHS = ("/", "/c/{conversation_id}")
"""The page itself looks at its address: whether there is such a conversation, only its owner's key can tell."""

_HEADERS = page_headers(
    "style-src 'self'",
    "img-src 'self'",
    # What models say never becomes HTML: with these the browser refuses whatever would make some of text.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)


def chat_routes() -> list[BaseRoute]:
    """The page; its assets are those that `playground_routes` serves.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    page = html("chat")

    async def answer(_request: Request) -> Response:
        return Response(page, headers=_HEADERS)

    return [Route(path, answer) for path in CHAT_PATHS]
