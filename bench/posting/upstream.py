"""`python -m bench.posting.upstream`: a model that has said its one word as soon as it is asked. Says its port."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Final, cast

import httptools
import uvloop

from app.listening import bind
from bench.delivery.control import say

MODEL: Final = "prompt"

_JSON_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
_MODELS: Final = b'{"object":"list","data":[{"id":"%s","object":"model"}]}' % MODEL.encode()
_CHUNK: Final = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"%s",'
    b'"choices":[{"index":0,"delta":%s,"finish_reason":%s}]}\n\n'
)
_EVENTS: Final = (
    _CHUNK % (MODEL.encode(), b'{"role":"assistant","content":"Hello!"}', b"null")
    + _CHUNK % (MODEL.encode(), b"{}", b'"stop"')
    + b"data: [DONE]\n\n"
)
_STREAM: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    b"%x\r\n%s\r\n0\r\n\r\n" % (len(_EVENTS), _EVENTS)
)


class Answerer(asyncio.Protocol):
    """One connection, kept alive; requests on it come one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """As httptools wants it."""
        asked = self._parser.get_method() == b"POST"
        self._transport.write(_STREAM if asked else _JSON_HEAD % (len(_MODELS), _MODELS))


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    with bind("127.0.0.1", 0) as bound:
        await loop.create_server(Answerer, sock=bound)
        say(port=bound.getsockname()[1])
        await loop.run_in_executor(None, os.read, sys.stdin.fileno(), 1)  # so it never outlives the benchmark


if __name__ == "__main__":
    uvloop.run(_serve())
