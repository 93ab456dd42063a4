"""Server-sent events that are written as their source tells them, to a reader who may be slow or go away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.disconnect import until_disconnect
from app.api.rest.merged import ChoiceItem, Merged

KEEP_ALIVE_SECONDS: Final = 10.0
"""Shorter than the idle timeouts of common proxies."""

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # nginx would gather the events otherwise
]

Item = TypeVar("Item")


class EventFormat(Protocol[Item]):
    """What is written of a stream, in some protocol's own words."""

    def start(self) -> bytes:
        """What comes before the first item."""
        ...

    def tell(self, items: Sequence[ChoiceItem[Item]]) -> bytes:
        """Where there are none: what keeps the connection from being taken for dead.

        Raises whatever the stream has failed by, where that can still be the whole answer.
        """
        ...

    def end(self) -> bytes:
        """What comes when all is told. Raises whatever the stream has failed by after all."""
        ...

    def failure(self, error: Exception) -> bytes:
        """What comes in place of the end."""
        ...

    def refusal(self, error: Exception) -> Response:
        """The answer where nothing has been written yet."""
        ...


class EventStream(Response, Generic[Item]):
    """Enters the source while it is sent. The reader's going away leaves it.

    Args:
        status_seconds: so long the first item is waited for, so that an error still has a status of its own.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        source: Merged[Item],
        form: EventFormat[Item],
        *,
        headers: Mapping[str, str] | None = None,
        status_seconds: float | None = None,
    ) -> None:
        super().__init__()
        self._source = source
        self._form = form
        self._sent_headers = _HEADERS + [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        self._status_seconds = status_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientDisconnect):
            await until_disconnect(receive, self._answer(scope, receive, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = self._form
        async with self._source as source:
            try:
                items = await source.ready(self._status_seconds or KEEP_ALIVE_SECONDS)
                first = form.start() + form.tell(items)
            except Exception as error:
                await form.refusal(error)(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 200, "headers": self._sent_headers})
            await _write(send, first)
            try:
                while not source.over:
                    await _write(send, form.tell(await source.ready(KEEP_ALIVE_SECONDS)))
                last = form.end()
            except Exception as error:
                last = form.failure(error)
            await _write(send, last, more=False)


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    """Waits while the reader takes less than it is sent. The server sees to one who takes nothing."""
    await send({"type": "http.response.body", "body": body, "more_body": more})
