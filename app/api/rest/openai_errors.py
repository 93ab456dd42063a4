"""Errors in OpenAI's shape, and the route class that puts every error of these endpoints, and of no others, into it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from app.api.errors import HTTP_STATUS, INTERNAL_MESSAGE
from app.chat.errors import BackendFailed, BackendFault, BadInput, ChatError, Code, ModelNotFound

logger = logging.getLogger("parley.rest")

_FAULT_STATUS: Final[dict[BackendFault, HTTPStatus]] = {
    BackendFault.REFUSED: HTTPStatus.BAD_REQUEST,
    BackendFault.UNKNOWN_MODEL: HTTPStatus.NOT_FOUND,
    BackendFault.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    BackendFault.UNAVAILABLE: HTTPStatus.BAD_GATEWAY,
    BackendFault.SILENT: HTTPStatus.GATEWAY_TIMEOUT,
}

_TYPES: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


@dataclass(frozen=True, slots=True)
class OpenAIError:
    """https://platform.openai.com/docs/guides/error-codes.

    Args:
        param: the field of the request that it is about.
        code: for programs: OpenAI's own where it has one, else Parley's or the upstream's.
    """

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        fallback = "server_error" if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
        kind = _TYPES.get(self.status, fallback)
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return orjson.dumps({"error": error})

    def response(self) -> Response:
        return Response(self.body(), self.status, self.headers, "application/json")


class RequestRefused(Exception):
    """A request that is wrong in a way that only this edge knows of."""

    def __init__(self, error: OpenAIError) -> None:
        super().__init__(error.message)
        self.error = error


def openai_error(error: Exception) -> OpenAIError:
    """What the caller is told; the text of an unexpected error stays in the log."""
    match error:
        case RequestRefused():
            return error.error
        case BadInput():
            return OpenAIError(HTTPStatus.BAD_REQUEST, error.problem, "invalid_value", error.field)
        case ModelNotFound():
            message = f"the model {error.model!r} is not served here; GET /v1/models lists those that are"
            return OpenAIError(HTTPStatus.NOT_FOUND, message, "model_not_found", "model")
        case BackendFailed():
            return OpenAIError(_FAULT_STATUS[error.fault], str(error), error.upstream_code, headers=_retry_after(error))
        case ChatError():
            return OpenAIError(HTTP_STATUS[error.code], str(error), error.code.value)
        case HTTPException():
            return OpenAIError(error.status_code, str(error.detail), headers=dict(error.headers or {}))
    logger.error("request failed unexpectedly", exc_info=error)
    return OpenAIError(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL_MESSAGE, Code.INTERNAL.value)


def _retry_after(error: BackendFailed) -> dict[str, str]:
    """SDKs ask again by themselves unless they are told that it is of no use."""
    headers = {} if error.can_retry else {"x-should-retry": "false"}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(round(error.retry_after_seconds + 0.5))
    return headers


class OpenAIRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                return openai_error(error).response()

        return answer
