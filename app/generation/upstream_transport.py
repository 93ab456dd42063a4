"""How httpx2's client reaches upstreams: over aiohttp's connections.

httpx2's own way, through httpcore2, anyio and h11, is Python all along: of what it takes to read a chunk of a stream,
more than half was spent there. aiohttp parses HTTP in C.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from types import SimpleNamespace
from typing import Final

import aiohttp
import httpx2
from aiohttp.client_proto import ResponseHandler
from yarl import URL

KEEP_ALIVE_SECONDS: Final = 5.0
MAX_HEAD_BYTES: Final = 100 * 1024
"""Of the first line of an answer, and of each header."""
MAX_WRITTEN_AT_ONCE_BYTES: Final = 256 * 1024
"""A longer prompt is sent in parts, with whatever else there is to do in between."""
READ_BYTES: Final = 16 * 1024
"""Of a body that nobody takes, twice as much is kept before its upstream has to wait."""


class KeptConnectionClosed(httpx2.ReadError):
    """A connection that had served before was closed, or reset, before an answer came, or the whole of its head."""


class UpstreamTransport(httpx2.AsyncBaseTransport):
    """Has no limit of connections, and of time only the one for connecting.

    Args:
        connect_seconds: until a connection stands, TLS included.
    """

    def __init__(self, ssl_context: ssl.SSLContext, proxy: httpx2.Proxy | None, *, connect_seconds: float) -> None:
        self._ssl_context = ssl_context
        self._proxy = str(proxy.url) if proxy else None
        self._proxy_headers = dict(proxy.headers) if proxy else {}
        if proxy and proxy.auth:  # for the proxy, not for the upstream
            self._proxy_headers["Authorization"] = aiohttp.encode_basic_auth(*proxy.auth)
        self._timeout = aiohttp.ClientTimeout(connect=connect_seconds)
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises:
        KeptConnectionClosed: whoever closed it may not have seen the request.
        httpx2.TransportError: there is no answer.
        """
        session = self._session = self._session or self._open_session()
        seen = SimpleNamespace(kept=False)
        content = await request.aread()
        data = BytesIO(content) if len(content) > MAX_WRITTEN_AT_ONCE_BYTES else content
        with _errors_as_httpx2_has_them(seen):
            response = await session.request(
                request.method,
                URL(str(request.url), encoded=True).with_user(None),  # httpx2 has made a header of it
                headers=request.headers.multi_items(),
                data=data or None,
                allow_redirects=False,
                proxy=self._proxy,
                proxy_headers=self._proxy_headers if self._proxy else None,
                trace_request_ctx=seen,
            )
        return httpx2.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        if self._session:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        """Not before there is an event loop."""
        connector = aiohttp.TCPConnector(ssl=self._ssl_context, limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
        connector._factory = partial(_Connection, asyncio.get_running_loop())  # type: ignore[assignment]
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_kept)
        return aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # httpx2 does
            read_bufsize=READ_BYTES,
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
            trace_configs=[trace],
        )


async def _note_kept(_session: aiohttp.ClientSession, context: SimpleNamespace, _: object) -> None:
    context.trace_request_ctx.kept = True


class _Connection(ResponseHandler):
    """Says of each break in a body that it is one.

    aiohttp leaves the reader waiting where what comes is no HTTP any more, and takes a reset for the end of a body that
    has no length.
    """

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        self._break_body(exc)
        super().set_exception(exc, *cause)

    def connection_lost(self, exc: BaseException | None) -> None:
        if exc:
            self._break_body(exc)
        super().connection_lost(exc)

    def _break_body(self, error: BaseException) -> None:
        body = self._payload
        if body and not body.is_eof() and body.exception() is None:
            body.set_exception(aiohttp.ClientPayloadError(str(error)))


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        try:
            while chunk := await content.readany():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            if rest := content._read_nowait(-1):  # it raises before it gives what came before the error
                yield rest
            raise httpx2.ReadError(str(error)) from error

    async def aclose(self) -> None:
        """The connection, too, unless all of the body was read: then it has gone back already."""
        self._response.close()


@contextmanager
def _errors_as_httpx2_has_them(seen: SimpleNamespace) -> Iterator[None]:
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx2.ConnectTimeout(str(error)) from error
    except aiohttp.ClientConnectorError as error:
        raise httpx2.ConnectError(str(error)) from error
    except aiohttp.ClientHttpProxyError as error:
        raise httpx2.ProxyError(str(error)) from error
    except (aiohttp.ClientConnectionError, OSError) as error:
        raise (KeptConnectionClosed if seen.kept else httpx2.ReadError)(str(error)) from error
    except ValueError as error:  # where a redirect leads to no address: aiohttp.InvalidURL, or what no name can be
        raise httpx2.UnsupportedProtocol(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx2.RemoteProtocolError(str(error)) from error
