"""Errors in OpenAI's shape, and the route class that puts every error of these endpoints, and of no others, into it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Final

import orjson
from fastapi import HTTPException, Response

from app.api.errors import HTTP_STATUS, INTERNAL_MESSAGE, error_headers
from app.api.rest.explaining_route import ExplainingRoute
from app.chat.errors import (
    BackendFailed,
    BackendFault,
    BadInput,
    ChatError,
    Code,
    ModelNotFound,
    NotFound,
    RateLimited,
    Unauthenticated,
)
from app.chat.unforeseen import report

logger = logging.getLogger("parley.rest")

MAX_RETRY_AFTER_SECONDS: Final = 86_400
"""What an upstream may ask of our callers. SDKs sleep as long as they are told."""

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

    def fields(self) -> dict[str, str | None]:
        fallback = "server_error" if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
        kind = _TYPES.get(self.status, fallback)
        return {"message": self.message, "type": kind, "param": self.param, "code": self.code}

    def body(self) -> bytes:
        return orjson.dumps({"error": self.fields()})

    def event(self) -> bytes:
        return b"data: " + self.body() + b"\n\n"

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        return Response(self.body(), self.status, {**self.headers, **(headers or {})}, "application/json")


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
            return OpenAIError(HTTPStatus.BAD_REQUEST, str(error), "invalid_value", error.field)
        case ModelNotFound():
            because = error.because or "is not served here; GET /v1/models lists those that are"
            message = f"the model {error.model!r} {because}"
            return OpenAIError(HTTPStatus.NOT_FOUND, message, "model_not_found", "model")
        case NotFound():
            return OpenAIError(HTTPStatus.NOT_FOUND, str(error), "not_found")
        case BackendFailed():
            return OpenAIError(_FAULT_STATUS[error.fault], str(error), error.upstream_code, headers=_retry_after(error))
        case Unauthenticated():
            return OpenAIError(HTTPStatus.UNAUTHORIZED, str(error), "invalid_api_key", headers=error_headers(error))
        case RateLimited():
            return OpenAIError(
                HTTPStatus.TOO_MANY_REQUESTS, str(error), "rate_limit_exceeded", headers=error_headers(error)
            )
        case ChatError():
            return OpenAIError(HTTP_STATUS[error.code], str(error), error.code.value)
        case HTTPException():
            return OpenAIError(error.status_code, str(error.detail), headers=dict(error.headers or {}))
    message = f"{INTERNAL_MESSAGE}, which is in the server's log as {report(error, logger)}"
    return OpenAIError(HTTPStatus.INTERNAL_SERVER_ERROR, message, Code.INTERNAL.value)


def _retry_after(error: BackendFailed) -> dict[str, str]:
    """SDKs ask again by themselves unless they are told that it is of no use."""
    headers = {} if error.can_retry else {"x-should-retry": "false"}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(ceil(min(MAX_RETRY_AFTER_SECONDS, max(0.0, error.retry_after_seconds))))
    return headers


class OpenAIRoute(ExplainingRoute):
    explain = staticmethod(openai_error)
