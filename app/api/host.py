"""Refuses requests by a name that is not this server's, where it serves this machine alone and asks for no key.

Such a server is safe only because no other machine reaches it. A web page can have the browser reach it all the same,
by letting its own name resolve to 127.0.0.1 (DNS rebinding); then only the Host header gives it away.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MISDIRECTED_REQUEST = 421


class LocalNamesOnly:
    """ASGI middleware.

    Args:
        names: the server's own beside localhost and the loopback addresses.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self.knows(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the answer is 403
        else:
            answer = PlainTextResponse("This server answers to localhost only.\n", MISDIRECTED_REQUEST)
            await answer(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Whether a Host header names this machine."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False
