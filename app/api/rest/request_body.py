"""Reading a request's body: all of it, but not more than it may have."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Request

from app.api.rest.openai_errors import OpenAIError, RequestRefused

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""Room for a few messages of the greatest length, as JSON."""

_TOO_LARGE: Final = OpenAIError(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    f"the request has more than {MAX_BODY_BYTES:,} bytes",
    "request_too_large",
    headers={"connection": "close"},
)


async def read_body(request: Request) -> bytes:
    """Raises:
    RequestRefused: it is longer than MAX_BODY_BYTES; the rest is not read.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise RequestRefused(_TOO_LARGE)
    return bytes(body)
