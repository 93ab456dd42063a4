"""Routes whose errors, and no others', are told in one protocol's shape."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from app.api.disconnect import CLIENT_CLOSED_REQUEST


class Answerable(Protocol):
    def response(self) -> Response: ...


class ExplainingRoute(APIRoute):
    """To be derived from, with the protocol's own `explain`."""

    @staticmethod
    def explain(error: Exception) -> Answerable:
        """What the caller is told of it."""
        raise NotImplementedError  # not an abstract method: that would need a metaclass that FastAPI's routes lack

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ClientDisconnect:  # while it was asking
                return Response(status_code=CLIENT_CLOSED_REQUEST)
            except Exception as error:
                return self.explain(error).response()

        return answer
