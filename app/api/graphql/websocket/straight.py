"""Past the framework."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send


class Straight:
    """ASGI middleware: the WebSockets of one path go to their application straight.

    Else an open socket would hold all that is between a framework's application and a route of it, which are nine
    coroutines and two exit stacks, 7 KB, and each frame would go through one of them.
    """

    def __init__(self, app: ASGIApp, *, path: str, sockets: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._sockets = sockets

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        straight = scope["type"] == "websocket" and scope["path"] == self._path
        return (self._sockets if straight else self._app)(scope, receive, send)
