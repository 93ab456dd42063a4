"""Requests to a query engine and its answers, any number at once, over one stream socket."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import cast

from app.storage.engine_frames import Answer, AnswerParser, Kind, encode_request


class NotSentError(ConnectionError):
    """The engine had gone before the request was made: it cannot have been carried out."""


class NotAnsweredError(ConnectionError):
    """The engine went after the request had been sent: whether it was carried out is unknown."""


class EngineChannel(asyncio.Protocol):
    """One end of a socket pair. Whoever awaits an answer may stop doing so at any time."""

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self._on_lost = on_lost
        self._parser = AnswerParser()
        self._numbers = itertools.count(1)
        self._awaited: dict[int, asyncio.Future[Answer]] = {}
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def open(self) -> bool:
        return self._transport is not None

    def ask(self, kind: Kind, body: bytes = b"", transaction: bytes = b"") -> asyncio.Future[Answer]:
        """Sends a request at once. Raises NotSentError; the answer may be a NotAnsweredError."""
        if self._transport is None:
            raise NotSentError("the query engine has gone")
        number = next(self._numbers) & 0xFFFF_FFFF
        answer = self._awaited[number] = self._loop.create_future()
        self._transport.write(encode_request(number, kind, body, transaction))
        if self._transport.is_closing():  # seen while writing: nothing of this request has left
            del self._awaited[number]
            raise NotSentError("the query engine has gone")
        return answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for answer in self._parser.feed(data):
            awaited = self._awaited.pop(answer.number)
            if not awaited.done():  # else nobody waits for it any more
                awaited.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        awaited, self._awaited = self._awaited, {}
        for answer in awaited.values():
            if not answer.done():
                answer.set_exception(NotAnsweredError("the query engine went away with the request"))
        self._on_lost()
