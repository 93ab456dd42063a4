"""Reading one upstream's answer off the wire, patiently but not for ever."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Final, Protocol, cast

import httpx2

from app.chat.completion import Finish, Piece
from app.chat.errors import BackendFailed
from app.generation.deadlines import Deadlines
from app.generation.patience import Patience
from app.generation.sse import MAX_EVENT_BYTES, EventStream, EventTooLarge
from app.generation.upstream_errors import UPSTREAM_INCOMPLETE, UPSTREAM_INVALID, silence

DONE: Final = b"[DONE]"


class ChunkReader(Protocol):
    """Understands one dialect's chunks, those of one completion; does no I/O."""

    @property
    def finished(self) -> bool:
        """Whether the upstream said that it is done; token counts may still follow."""
        ...

    def read(self, data: bytes) -> Piece | None:
        """The text of one chunk, if there is any.

        Raises:
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
    body, patience = _Body(response), Patience(first_token_at)
    ended = False
    try:
        async with aclosing(_pieces(body, reader, deadlines, patience)) as pieces:
            async for piece in pieces:
                yield piece
        ended = body.framed
        reader.stream_ended(certain=ended)
    except TimeoutError:
        if not reader.finished:
            raise silence("the model's server kept silent for too long") from None
    except EventTooLarge:
        raise BackendFailed(UPSTREAM_INVALID, "the model's stream holds something too large", retryable=True) from None
    except (httpx2.RequestError, OSError, _BrokenOff):  # whether that matters is for the reader to say
        pass
    finally:
        patience.close()
    for item in reader.end():
        yield item
    if not reader.finished:
        if ended and body.empty:
            raise EmptyAnswer
        raise BackendFailed(UPSTREAM_INCOMPLETE, "the model's stream broke off", retryable=True)


async def _pieces(
    body: _Body, reader: ChunkReader, deadlines: Deadlines, patience: Patience
) -> AsyncGenerator[Piece, None]:
    """Raises:
    TimeoutError: out of patience.
    EventTooLarge
    httpx2.RequestError: the connection broke.
    OSError: of TLS, where what came is none.
    _BrokenOff
    BackendFailed: the upstream said so.
    """
    async with aclosing(body.chunks()) as chunks:
        if body.whole:
            body.empty = False
            if piece := reader.read(await _read_whole(chunks, patience)):
                yield piece
            return
        stream = EventStream()
        while chunk := await patience.read(chunks):
            body.empty = False
            for event in stream.feed(chunk):
                if event.data == DONE:
                    reader.stream_ended(certain=True)
                    if reader.finished:
                        patience.limit(deadlines.close_seconds)
                        await _drain(chunks, patience)
                    return
                if piece := reader.read(event.data):
                    yield piece
                    # From here and not from before: whoever takes the pieces may have taken their time.
                    patience.grant(deadlines.between_tokens_seconds)
                if reader.finished:
                    patience.limit(deadlines.after_finish_seconds)
    if stream.within_event:
        raise _BrokenOff


async def _read_whole(chunks: AsyncIterator[bytes], patience: Patience) -> bytes:
    body = bytearray()
    while chunk := await patience.read(chunks):
        body += chunk
        if len(body) > MAX_EVENT_BYTES:
            raise EventTooLarge
    return bytes(body)


async def _drain(chunks: AsyncIterator[bytes], patience: Patience) -> None:
    """Reads on to the end of the body, so that its connection can be used again; nothing of it counts any more."""
    while await patience.read(chunks):
        pass


class _BrokenOff(Exception):
    """The stream ended within an event."""


class _Body:
    """Attributes:
    whole: whether it is one JSON object: the upstream ignored that a stream was asked for.
    framed: whether its end is its own, and not merely that of the connection (RFC 9112, 6.3). JSON has one always.
    empty: whether nothing has come.
    """

    def __init__(self, response: httpx2.Response) -> None:
        headers = response.headers
        self.whole = headers.get("content-type", "").startswith("application/json")
        self.framed = self.whole or not headers.keys().isdisjoint({"transfer-encoding", "content-length"})
        self.empty = True
        self._response = response

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """As they come, decoded. To be called once."""
        if "content-encoding" in self._response.headers:
            return self._response.aiter_bytes()
        # What httpx2 does where there is nothing to decode costs more than all the reading.
        stream = cast("httpx2.AsyncByteStream", self._response.stream)
        return cast("AsyncGenerator[bytes, None]", aiter(stream))
