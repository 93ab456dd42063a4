"""`python -m bench.proxy.upstream PORT`: the cheapest upstream there can be, so that it is not what is measured.

It reads no JSON: a path tells which model. Each completion is 50 chunks: `instant` writes one a turn of the event loop,
`paced` the first one at once and then one every 20 ms.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final, cast

import uvloop

CHUNKS: Final = 50
WORD: Final = "token "
INSTANT, PACED = "instant", "paced"
PACE_SECONDS: Final = 0.02

_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_MODELS: Final = b'{"object":"list","data":[{"id":"instant","object":"model"},{"id":"paced","object":"model"}]}'


def _framed(event: str) -> bytes:
    data = f"data: {event}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


def _chunk(delta: str, finish: str = "null") -> bytes:
    return _framed(
        '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench",'
        f'"choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}'
    )


_SAID: Final = _chunk(f'{{"content":"{WORD}"}}')
_EVENTS: Final = [
    _chunk('{"role":"assistant","content":""}') + _SAID,
    *[_SAID] * (CHUNKS - 1),
    _chunk("{}", '"stop"') + _framed("[DONE]") + b"0\r\n\r\n",
]


class Answerer(asyncio.Protocol):
    """One connection, kept alive; requests on it come one after the other."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._received.clear()
        if head.startswith(b"GET"):
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                % (len(_MODELS), _MODELS)
            )
            return
        self._transport.write(_HEAD)
        self._speak(0, PACE_SECONDS if PACED.encode() in body else 0)

    def _speak(self, number: int, pause_seconds: float) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(_EVENTS[number])
        if number + 1 == len(_EVENTS):
            return
        if pause_seconds:
            self._loop.call_later(pause_seconds, self._speak, number + 1, pause_seconds)
        else:
            self._loop.call_soon(self._speak, number + 1, 0)


def _content_length(head: bytearray) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.removeprefix(b"content-length:"))
    return 0


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Answerer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
