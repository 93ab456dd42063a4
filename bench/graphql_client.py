"""GraphQL over HTTP on connections that are kept, with as little work as possible."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import httptools

HOST: Final = "127.0.0.1"
_OK: Final = 200
_ERRORS: Final = b'"errors"'


def request(document: str, variables: Mapping[str, Any] | None = None) -> bytes:
    body = json.dumps({"query": document, "variables": variables or {}}).encode()
    return (
        f"POST /graphql HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\naccept: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


class GraphQLClient(asyncio.Protocol):
    """One connection, on which the same is asked again and again, one after the other."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._answered: asyncio.Future[bytes] | None = None
        self._begin()

    async def ask(self) -> bytes:
        """The body of the answer.

        Raises:
            AssertionError: it is of an error, or there is none.
        """
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(self._request)
        return await self._answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(AssertionError(f"the server has closed: {error!r}"))

    def close(self) -> None:
        self._transport.abort()

    def on_body(self, data: bytes) -> None:
        """As httptools wants it, and the next one too."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        body, status = b"".join(self._body), self._parser.get_status_code()
        self._begin()
        assert self._answered
        if status == _OK and _ERRORS not in body:
            self._answered.set_result(body)
        else:
            self._answered.set_exception(AssertionError(f"{status}: {body[:1000]!r}"))

    def _begin(self) -> None:
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)


@asynccontextmanager
async def clients(port: int, request: bytes, number: int) -> AsyncGenerator[list[GraphQLClient]]:
    loop = asyncio.get_running_loop()
    opened: list[GraphQLClient] = []
    try:
        for _ in range(number):
            _, client = await loop.create_connection(lambda: GraphQLClient(request), HOST, port)
            opened.append(client)
        yield opened
    finally:
        for client in opened:
            client.close()
