"""A completion as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.rest.choices import ChoiceItem, Choices
from app.api.rest.completion_format import DONE, KEEP_ALIVE, ChunkEncoder, error_event
from app.api.rest.disconnect import until_disconnect
from app.api.rest.openai_errors import openai_error
from app.api.rest.transcript import Transcript

KEEP_ALIVE_SECONDS: Final = 10.0
"""Shorter than the idle timeouts of common proxies. So long an error still gets a status of its own."""

STALL_SECONDS: Final = 60.0
"""How long a reader may take nothing before it is given up."""

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class CompletionStream(Response):
    """Generates while it is sent. The caller's going away ends the generation.

    Args:
        transcript: to count tokens by; None if the caller did not ask for them.
    """

    media_type = "text/event-stream"

    def __init__(self, choices: Choices, encoder: ChunkEncoder, transcript: Transcript | None) -> None:
        super().__init__()
        self._choices = choices
        self._encoder = encoder
        self._transcript = transcript

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientDisconnect):
            await until_disconnect(receive, self._answer(scope, receive, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._choices as choices:
            try:
                items = await choices.ready(KEEP_ALIVE_SECONDS)
            except Exception as error:
                await openai_error(error).response()(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _write(send, self._encoder.start() + self._events(items))
            try:
                while not choices.over:
                    await _write(send, self._events(await choices.ready(KEEP_ALIVE_SECONDS)))
                last = self._encoder.usage(self._transcript.usage()) + DONE if self._transcript else DONE
            except Exception as error:
                last = error_event(openai_error(error).body())
            await _write(send, last, more=False)

    def _events(self, items: Sequence[ChoiceItem]) -> bytes:
        if self._transcript:
            self._transcript.add(items)
        return b"".join(self._encoder.item(each.choice, each.item) for each in items) or KEEP_ALIVE


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    """Raises:
    ClientDisconnect: the reader took nothing for too long.
    """
    try:
        async with asyncio.timeout(STALL_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": more})
    except TimeoutError:
        raise ClientDisconnect from None
