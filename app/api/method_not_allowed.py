"""The answer to a method that an address does not take: it names all that it takes (RFC 9110, 15.5.6)."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match


async def method_not_allowed(request: Request, _error: Exception) -> Response:
    """For an application's handler of 405, since each of its routes knows of its own methods alone."""
    routes: list[BaseRoute] = request.app.routes
    allowed = [method.value for method in HTTPMethod if _takes(routes, request, method)]
    status = HTTPStatus.METHOD_NOT_ALLOWED
    return JSONResponse({"detail": status.phrase}, status, {"Allow": ", ".join(allowed)})


def _takes(routes: list[BaseRoute], request: Request, method: HTTPMethod) -> bool:
    scope = {**request.scope, "method": method.value}
    return any(route.matches(scope)[0] is Match.FULL for route in routes)
