"""Reading a request's body: all of it, but not more than it may have, and without holding up everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from fastapi import Request

from app.api.rest.json_size import has_more_values
from app.api.rest.openai_errors import OpenAIError, RequestRefused

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""Room for a few messages of the greatest length, as JSON."""

MAX_JSON_VALUES: Final = 100_000
"""Room for as many messages as there may be, in parts. Memory goes by this rather than by bytes."""

INLINE_BYTES: Final = 64 * 1024
"""What is parsed in a few milliseconds. The rest is parsed beside the event loop."""

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
    body = await read_body(request)
    if len(body) <= INLINE_BYTES:
        return parse(body)
    return await asyncio.to_thread(_parse_large, body, parse)


def _parse_large(body: bytes, parse: Callable[[bytes], Parsed]) -> Parsed:
    if has_more_values(body, MAX_JSON_VALUES):
        raise RequestRefused(_TOO_MANY_VALUES)
    return parse(body)


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
