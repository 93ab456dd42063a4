"""Past the framework."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

TAKEN_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
"""The framework refuses the others: it knows all that an address takes."""


class Straight:
    """ASGI application: a framework's, but what comes to one path goes to applications of its own straight.

    Else an open socket would hold all that is between a framework's application and a route of it, which are nine
    coroutines and two exit stacks, 7 KB, and each frame would go through one of them. A request would spend as much
    time there as a small query takes in all the rest.

    Requests go through the framework all the same where it has been given middleware: that is to see each of them.
    """

    def __init__(self, app: Starlette, *, path: str, requests: ASGIApp, sockets: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._requests = requests
        self._sockets = sockets

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._taker(scope)(scope, receive, send)

    def _taker(self, scope: Scope) -> ASGIApp:
        if scope.get("path") != self._path:  # or it is the server's lifespan
            return self._app
        scope["app"] = self._app  # as the framework has it, for whoever identifies the caller
        if scope["type"] == "websocket":
            return self._sockets
        straight = scope["method"] in TAKEN_METHODS and not self._app.user_middleware
        return self._requests if straight else self._app
