"""The chat page: what a browser gets at the root, and at the address of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.web.build import STATIC, NotBuiltError

CHAT_PATHS = ("/", "/c/{conversation_id}")
"""The page itself looks at its address: whether there is such a conversation, only its owner's key can tell."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        # As of the playground: covers ws: and wss: of the same host too.
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # What models say never becomes HTML: with these the browser refuses whatever would make some of text.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        # As of the playground: the page names its assets by hash.
        "Cache-Control": "no-cache",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)


@cache
def chat_page() -> bytes:
    """The page's HTML, read once.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    try:
        return (STATIC / "chat.html").read_bytes()
    except FileNotFoundError:
        raise NotBuiltError from None


def chat_routes() -> list[BaseRoute]:
    """The page; its assets are those that `playground_routes` serves.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    page = chat_page()

    async def answer(_request: Request) -> Response:
        return Response(page, headers=_HEADERS)

    return [Route(path, answer) for path in CHAT_PATHS]
