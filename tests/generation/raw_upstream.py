"""An upstream whose answers are bytes, for those that no HTTP server would send."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET

Answer = Callable[[asyncio.StreamWriter, int], Awaitable[None]]
"""Answers the request of that number on its connection, counted from 1."""

STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
DONE = b"data: [DONE]\n\n"
END = b"0\r\n\r\n"


@dataclass(slots=True)
class RawUpstream:
    """Args:
    heads: of the requests, each with its first line and headers.
    """

    port: int = 0
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def answering(answer: Answer) -> AsyncGenerator[RawUpstream, None]:
    upstream, connections = RawUpstream(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        connections.add(task)
        number = 0
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
                await reader.readexactly(next((int(value) for name, _, value in lines if name == b"content-length"), 0))
                number += 1
                upstream.heads.append(head)
                await answer(writer, number)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # the backend has gone, or we do
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    upstream.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield upstream
        finally:
            for each in connections:
                each.cancel()
            await asyncio.gather(*connections, return_exceptions=True)


def event(text: str, finish_reason: str | None = None) -> bytes:
    """An event in OpenAI's chunks and in EGP's at once."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
    completion = {"message": {"role": "agent", "content": text}, "finish_reason": finish_reason}
    return f"data: {json.dumps({'choices': [choice], 'chat_completion': completion})}\n\n".encode()


def framed(body: bytes) -> bytes:
    """One chunk of HTTP's."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def whole_answer(text: str, *, head: bytes = STREAM_HEAD) -> bytes:
    return head + framed(event(text, "stop")) + framed(DONE) + END


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
