"""The one table of what each of the domain's error codes is on the wire.

GraphQL carries the code itself as `extensions.code`; REST, and the HTTP requests that never became a GraphQL
operation, carry the status.
"""

from __future__ import annotations

import math
from http import HTTPStatus

from app.chat.errors import ChatError, Code, RateLimited, Unauthenticated

INTERNAL_MESSAGE = "Internal error"
"""All that a caller is told of an error that nobody foresaw; the rest is in the log."""

HTTP_STATUS: dict[Code, int] = {
    Code.BAD_USER_INPUT: HTTPStatus.BAD_REQUEST,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.MODEL_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Code.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.CONVERSATION_BUSY: HTTPStatus.CONFLICT,
    Code.COMPLETION_CONTINUED: HTTPStatus.CONFLICT,
    # draft-ietf-httpapi-idempotency-key-header, 2.7: a key that comes again with another payload.
    Code.IDEMPOTENCY_CONFLICT: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.STORAGE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.SHUTTING_DOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def error_headers(error: ChatError) -> dict[str, str]:
    """What HTTP says beside the status: how to get in, or when to come again."""
    match error:
        case Unauthenticated():
            return {"www-authenticate": "Bearer"}  # RFC 9110, 11.6.1: a 401 has to name a scheme
        case RateLimited():
            return {"retry-after": str(math.ceil(error.retry_after_seconds))}
    return {}
