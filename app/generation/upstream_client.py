"""The HTTP client of the backends that ask another server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx2
import orjson

from app.generation.deadlines import Deadlines
from app.generation.upstream_errors import failure_from, silence
from app.generation.upstream_transport import KeptConnectionClosed, UpstreamTransport

MAX_REFUSAL_BYTES: Final = 64 * 1024
"""How much is read of the reasons for a refusal."""

REFUSAL_SECONDS: Final = 5.0
"""How long they may take."""

CLOSING_SECONDS: Final = 1.0
"""How long after a request the news can come that the upstream had closed the connection before it got there."""

_OF_JSON: Final = {"content-type": "application/json"}
_OF_THE_BODY_AS_SENT: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class UpstreamClient(httpx2.AsyncClient):
    """It keeps no cookies: all callers share it, and a session that an upstream gives to one is not the next one's.

    Args:
        headers: of every request.
    """

    def __init__(
        self, deadlines: Deadlines, *, headers: Mapping[str, str] | None = None, follow_redirects: bool = False
    ) -> None:
        self._deadlines = deadlines
        self._ssl_context = httpx2.create_ssl_context()
        self._ssl_context.set_alpn_protocols(["http/1.1"])
        super().__init__(
            headers=headers,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=follow_redirects,
            timeout=None,  # connecting has one, of the transport; the rest has deadlines of ours
        )

    async def ask(self, url: httpx2.URL | str, body: Mapping[str, Any], *, until: float) -> httpx2.Response:
        """The answer to a POST of that JSON, refused or not; of a success the body is still to be read.

        Args:
            until: the loop's time by which the answer must have begun.

        Raises:
            BackendFailed: there is no answer, or none in time.
        """
        request = self.build_request("POST", url, content=orjson.dumps(body), headers=_OF_JSON)
        try:
            async with asyncio.timeout_at(until):
                return await self.send(request, stream=True)
        except TimeoutError:
            raise silence("the model's server did not answer in time") from None
        except httpx2.RequestError as error:
            raise failure_from(error) from error

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
        asked_at = clock()
        try:
            return await super().send(request, stream=True, **options)
        except KeptConnectionClosed:
            if clock() - asked_at > CLOSING_SECONDS:
                raise
        return await super().send(request, stream=True, **options)

    def _init_transport(self, *_: Any, **__: Any) -> httpx2.AsyncBaseTransport:
        return self._transport_through(None)

    def _init_proxy_transport(self, proxy: httpx2.Proxy, *_: Any, **__: Any) -> httpx2.AsyncBaseTransport:
        return self._transport_through(proxy)

    def _transport_through(self, proxy: httpx2.Proxy | None) -> UpstreamTransport:
        return UpstreamTransport(self._ssl_context, proxy, connect_seconds=self._deadlines.connect_seconds)


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
