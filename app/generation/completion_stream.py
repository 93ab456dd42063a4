"""Reading one upstream's answer off the wire, patiently but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from typing import Final, Protocol

import httpx2

from app.chat.completion import Finish, Piece
from app.chat.errors import BackendFailed
from app.generation.deadlines import Deadlines
from app.generation.sse import MAX_EVENT_BYTES, EventStream, EventTooLarge, ServerSentEvent
from app.generation.upstream_errors import UPSTREAM_INCOMPLETE, UPSTREAM_INVALID, silence

DONE: Final = b"[DONE]"


class ChunkReader(Protocol):
    """Understands one dialect's chunks, those of one completion; does no I/O."""

    @property
    def finished(self) -> bool:
        """Whether the upstream said that it is done; token counts may still follow."""
        ...

    def read(self, data: bytes) -> Iterator[Piece]:
        """Raises:
        BackendFailed: the chunk is an error, or nothing that could be understood.
        """
        ...

    def stream_ended(self, *, certain: bool) -> None:
        """The stream came to an end in good order.

        Args:
            certain: by an end mark, or the end of the HTTP body, as no cut connection has it; else only by that of its
                connection.
        """
        ...

    def end(self) -> Iterator[Piece | Finish]:
        """What is left to say when nothing more will come; no Finish where the upstream never said that it is done."""
        ...


class EmptyAnswer(BackendFailed):
    """A stream that ended in good order without so much as a byte.

    llama.cpp's server in Python begins to answer before it looks at the prompt, and then has no way to refuse it.
    """

    def __init__(self) -> None:
        super().__init__(UPSTREAM_INCOMPLETE, "the model's stream is empty", retryable=True)


async def read_completion(
    response: httpx2.Response, reader: ChunkReader, deadlines: Deadlines, *, first_token_at: float
) -> AsyncGenerator[Piece | Finish, None]:
    """The pieces, then the finish. Leaves the response open.

    Args:
        reader: a new one.
        first_token_at: the loop's time by which the first piece must have come.

    Raises:
        EmptyAnswer
        BackendFailed: the upstream said so, broke off without a finish reason, or kept silent past a deadline.
    """
    ended = False
    try:
        async with aclosing(_pieces(response, reader, deadlines, _Patience(first_token_at))) as pieces:
            async for piece in pieces:
                yield piece
        ended = _is_framed(response)
        reader.stream_ended(certain=ended)
    except TimeoutError:
        if not reader.finished:
            raise silence("the model's server kept silent for too long") from None
    except EventTooLarge:
        raise BackendFailed(UPSTREAM_INVALID, "the model's stream holds something too large", retryable=True) from None
    except (httpx2.RequestError, OSError, _BrokenOff):  # whether that matters is for the reader to say
        pass
    for item in reader.end():
        yield item
    if not reader.finished:
        if ended and not response.num_bytes_downloaded:
            raise EmptyAnswer
        raise BackendFailed(UPSTREAM_INCOMPLETE, "the model's stream broke off", retryable=True)


async def _pieces(
    response: httpx2.Response, reader: ChunkReader, deadlines: Deadlines, patience: _Patience
) -> AsyncGenerator[Piece, None]:
    """Raises:
    TimeoutError, EventTooLarge, httpx2.RequestError, OSError, _BrokenOff: as `_events` does.
    BackendFailed: the upstream said so.
    """
    async with aclosing(_events(response, patience)) as events:
        async for event in events:
            if event.data == DONE:
                reader.stream_ended(certain=True)
                if reader.finished:
                    patience.limit(deadlines.close_seconds)
                    await _drain(events)
                return
            for piece in reader.read(event.data):
                yield piece
                # From here and not from before: whoever takes the pieces may have taken their time.
                patience.grant(deadlines.between_tokens_seconds)
            if reader.finished:
                patience.limit(deadlines.after_finish_seconds)


async def _drain(events: AsyncGenerator[ServerSentEvent, None]) -> None:
    """Reads on to the end of the body, so that its connection can be used again; nothing of it counts any more."""
    with suppress(EventTooLarge):
        async for _ in events:
            pass


class _BrokenOff(Exception):
    """The stream ended within an event."""


class _Patience:
    """Until when, on the loop's clock, the next bytes may take."""

    def __init__(self, until: float) -> None:
        self.until = until

    def grant(self, seconds: float) -> None:
        self.until = asyncio.get_running_loop().time() + seconds

    def limit(self, seconds: float) -> None:
        """At most that, if not less already."""
        self.until = min(self.until, asyncio.get_running_loop().time() + seconds)


async def _events(response: httpx2.Response, patience: _Patience) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of a stream; the body as one event where the upstream ignored that a stream was asked for.

    Raises:
        TimeoutError: out of patience.
        EventTooLarge
        httpx2.RequestError: the connection broke.
        OSError: of TLS, where what came is none.
        _BrokenOff
    """
    chunks = _chunks(response, patience)
    if _is_whole(response):
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > MAX_EVENT_BYTES:
                raise EventTooLarge
        yield ServerSentEvent(bytes(body))
        return
    stream = EventStream()
    async for chunk in chunks:
        for event in stream.feed(chunk):
            yield event
    if stream.within_event:
        raise _BrokenOff


def _is_whole(response: httpx2.Response) -> bool:
    return bool(response.headers.get("content-type", "").startswith("application/json"))


def _is_framed(response: httpx2.Response) -> bool:
    """Whether an end of the body was its end, and not merely that of the connection (RFC 9112, 6.3).

    JSON has an end of its own.
    """
    return _is_whole(response) or not response.headers.keys().isdisjoint({"transfer-encoding", "content-length"})


async def _chunks(response: httpx2.Response, patience: _Patience) -> AsyncIterator[bytes]:
    body = response.aiter_bytes()
    while True:
        async with asyncio.timeout_at(patience.until):
            chunk = await anext(body, b"")
        if not chunk:
            return
        yield chunk
