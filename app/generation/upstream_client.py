"""The HTTP client of the backends that ask another server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx2

from app.generation.deadlines import Deadlines

MAX_REFUSAL_BYTES: Final = 64 * 1024
"""How much is read of the reasons for a refusal."""

REFUSAL_SECONDS: Final = 5.0
"""How long they may take."""

CLOSING_SECONDS: Final = 1.0
"""How long after a request the news can come that the upstream had closed the connection before it got there."""

_NO_ANSWER: Final = "Server disconnected without sending a response."
"""httpcore2's words; its other protocol errors are about an answer that did come."""

_OF_THE_BODY_AS_SENT: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class UpstreamClient(httpx2.AsyncClient):
    """It keeps no cookies: all callers share it, and a session that an upstream gives to one is not the next one's.

    Args:
        headers: of every request.
    """

    def __init__(
        self, deadlines: Deadlines, *, headers: Mapping[str, str] | None = None, follow_redirects: bool = False
    ) -> None:
        super().__init__(
            headers=headers,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=follow_redirects,
            # Reading has deadlines of ours.
            timeout=httpx2.Timeout(None, connect=deadlines.connect_seconds, write=deadlines.between_tokens_seconds),
            # No limit: to wait for a pool would look like a slow upstream. How much may run is decided elsewhere.
            limits=httpx2.Limits(max_connections=None),
        )

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """As in httpx2, but whatever is not a success comes with as much of its body as could be read.

        So a refusal counts by its status, also where its body is cut, late, endless or not encoded as it says.

        Args:
            request: with a body that can be sent twice, such as JSON.

        Raises:
            httpx2.RequestError: there was no answer.
        """
        response = await self._ask_past_a_closed_connection(request, options)
        if not response.is_success:
            return await _refusal(response)
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response

    async def _ask_past_a_closed_connection(
        self, request: httpx2.Request, options: Mapping[str, Any]
    ) -> httpx2.Response:
        """Asks once more, at once, if the upstream closed a kept connection while the request was on its way."""
        clock = asyncio.get_running_loop().time
        connected = False

        async def trace(event: str, _: object) -> None:
            nonlocal connected
            connected = connected or event.startswith("connection.connect_")

        request.extensions = {**request.extensions, "trace": trace}
        asked_at = clock()
        try:
            return await self._ask(request, options)
        except httpx2.TransportError as error:
            if connected or not _is_unanswered(error) or clock() - asked_at > CLOSING_SECONDS:
                raise
        return await self._ask(request, options)

    async def _ask(self, request: httpx2.Request, options: Mapping[str, Any]) -> httpx2.Response:
        try:
            return await super().send(request, stream=True, **options)
        except AttributeError as error:
            # Of anyio on uvloop, for a connection that is reset as soon as it stands: its socket is gone already.
            if error.name != "getpeername":
                raise
            raise httpx2.ConnectError("the connection was reset as soon as it stood", request=request) from error
        except OSError as error:  # of TLS, when what comes is none: httpcore2 lets it pass
            raise httpx2.ReadError(str(error), request=request) from error


def _is_unanswered(error: httpx2.TransportError) -> bool:
    """Whether the connection was closed or reset before an answer came, or the whole of its head."""
    if isinstance(error, httpx2.RemoteProtocolError):
        return str(error) == _NO_ANSWER
    return isinstance(error, httpx2.ReadError | httpx2.WriteError)


async def _refusal(response: httpx2.Response) -> httpx2.Response:
    """The same, read and closed."""
    body = bytearray()
    with suppress(TimeoutError, httpx2.RequestError, OSError):  # then its status has to say it all
        async with aclosing(response), asyncio.timeout(REFUSAL_SECONDS):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_REFUSAL_BYTES:
                    break
    # As bytes: they need not be ASCII.
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_BODY_AS_SENT]
    return httpx2.Response(
        response.status_code,
        headers=headers,
        content=bytes(body),
        request=response.request,
        extensions=response.extensions,
    )
