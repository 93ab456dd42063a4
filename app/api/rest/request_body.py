"""Reading a request's body: all of it, but not more than it may have, and without holding up everybody else."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from fastapi import Request

from app.api.large_json import MAX_JSON_VALUES, TooManyValues, parse_json
from app.api.rest.openai_errors import OpenAIError, RequestRefused

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""Room for a few messages of the greatest length, as JSON."""

_TOO_LARGE: Final = OpenAIError(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    f"the request has more than {MAX_BODY_BYTES:,} bytes",
    "request_too_large",
    headers={"connection": "close"},
)
_TOO_MANY_VALUES: Final = OpenAIError(
    HTTPStatus.BAD_REQUEST, f"the body has more than {MAX_JSON_VALUES:,} JSON values", "invalid_value"
)

Parsed = TypeVar("Parsed")


async def read_request(request: Request, parse: Callable[[bytes], Parsed]) -> Parsed:
    """The body as `parse` reads it, which is called in a thread where there is much to be read.

    Raises:
        RequestRefused: it is longer than MAX_BODY_BYTES, or has more than MAX_JSON_VALUES.
    """
    try:
        return await parse_json(await read_body(request), parse)
    except TooManyValues:
        raise RequestRefused(_TOO_MANY_VALUES) from None


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
