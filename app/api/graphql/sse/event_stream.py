"""One operation as an event stream: its responses, its end, and what keeps it open in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import ExitStack, aclosing, closing, suppress
from typing import Any, Final

from graphql import GraphQLError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.disconnect import until_disconnect
from app.api.graphql.errors import present
from app.api.graphql.media_type import EVENT_STREAM
from app.api.graphql.operation import Failed
from app.api.graphql.sse.framing import COMMENT, COMPLETE, next_event
from app.api.graphql.sse.open_streams import OpenStreams
from app.api.graphql.sse.pace import Pace

_HEADERS: Final = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-cache"),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would gather the events otherwise
]


class BrokenOff(Exception):
    """The stream ends here, and not because the operation has."""


class EventStream(Response):
    """Runs the operation while it is sent. The reader's going away ends it, and with it what it has opened.

    What is wrong with the operation is told as an event, as the protocol has it: an answer with a status of its own
    would be no event stream, and browsers' `EventSource` says nothing of it.

    Args:
        streams: among which it is while it is open.
        revoked: returns when the reader may not read on.
        counted: is closed with it.
    """

    media_type = EVENT_STREAM

    def __init__(
        self,
        responses: AsyncGenerator[Mapping[str, Any], None],
        *,
        streams: OpenStreams,
        revoked: Coroutine[Any, Any, None],
        counted: ExitStack,
        pace: Pace,
    ) -> None:
        super().__init__()
        self._responses = responses
        self._streams = streams
        self._revoked = revoked
        self._counted = counted
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._counted, closing(self._revoked), suppress(ClientDisconnect):
            await send({"type": "http.response.start", "status": self.status_code, "headers": _HEADERS})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            elif not await self._streams.run(until_disconnect(receive, self._write(send))):
                await self._break_off(send)

    async def _write(self, send: Send) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._send(send, COMMENT)
                beside = [tasks.create_task(self._keep_alive(send)), tasks.create_task(self._expect_revocation())]
                last = await self._tell(send)
                for each in beside:
                    each.cancel()
        except* BrokenOff:
            last = b""
        await self._send(send, last, more=False)

    async def _tell(self, send: Send) -> bytes:
        """Sends what the operation gives; returns what is to be sent at its end."""
        try:
            async with aclosing(self._responses) as responses:
                async for response in responses:
                    await self._send(send, next_event(response))
        except Failed as failed:
            return next_event({"errors": failed.errors}) + COMPLETE
        except Exception as error:
            unforeseen = present(GraphQLError("", original_error=error))
            return next_event({"errors": [unforeseen.formatted]}) + COMPLETE
        return COMPLETE

    async def _keep_alive(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._pace.keep_alive)
            await self._send(send, COMMENT)

    async def _expect_revocation(self) -> None:
        await self._revoked
        raise BrokenOff

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        """Waits while the client reads more slowly than it is sent to. The server sees to one who takes nothing."""
        await send({"type": "http.response.body", "body": body, "more_body": more})

    async def _break_off(self, send: Send) -> None:
        """Without `complete`: clients take that for a connection to make again, of whichever server still runs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.close_deadline):
                await send({"type": "http.response.body", "body": b""})
