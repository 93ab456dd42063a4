"""The one table of what each of the domain's error codes is on the wire.

GraphQL carries the code itself as `extensions.code`; REST, and the HTTP requests that never became a GraphQL
operation, carry the status.
"""

from __future__ import annotations

from http import HTTPStatus

from app.chat.errors import Code

INTERNAL_MESSAGE = "Internal error"
"""All that a caller is told of an error that nobody foresaw; the rest is in the log."""

HTTP_STATUS: dict[Code, int] = {
    Code.BAD_USER_INPUT: HTTPStatus.BAD_REQUEST,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.MODEL_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.CONVERSATION_BUSY: HTTPStatus.CONFLICT,
    Code.COMPLETION_CONTINUED: HTTPStatus.CONFLICT,
    # draft-ietf-httpapi-idempotency-key-header, 2.7: a key that comes again with another payload.
    Code.IDEMPOTENCY_CONFLICT: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.STORAGE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.SHUTTING_DOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
