"""What is not served below `/v1`, told in OpenAI's shape like all the rest there."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPMethod, HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from app.api.rest.openai_errors import OpenAIRoute


def unserved_router(served: Sequence[BaseRoute]) -> APIRouter:
    """Takes every path and every method, so it is to be included after the routes that serve some."""
    router = APIRouter(route_class=OpenAIRoute, include_in_schema=False)

    @router.api_route("/v1", methods=list(HTTPMethod))
    @router.api_route("/v1/{path:path}", methods=list(HTTPMethod))
    async def unserved(request: Request) -> Response:
        """Raises:
        HTTPException: it is not served by this method, which names those that it is by; or not at all.
        """
        if methods := _methods(served, request.scope):
            allowed = ", ".join(methods)
            what = f"{request.method} is not among the methods of {request.url.path}: {allowed}"
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, what, {"Allow": allowed})
        without_slash = request.url.path.rstrip("/")
        if _methods(served, {**request.scope, "path": without_slash}):
            return RedirectResponse(request.url.replace(path=without_slash))
        what = f"{request.method} {request.url.path} does not exist; /docs lists what does"
        raise HTTPException(HTTPStatus.NOT_FOUND, what)

    return router


def _methods(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """By which that path is served."""
    return [method.value for method in HTTPMethod if _takes(routes, {**scope, "method": method.value})]


def _takes(routes: Sequence[BaseRoute], scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes)
