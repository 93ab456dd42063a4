"""`python -m bench.delivery.upstream`: a model whose every word says when it was said.

Says its port, as of bench.delivery.control. `{"do": "speak", "completions": N}` waits until so many have been asked for
and has them say 50 words a second, or `words_per_second`, those of one between those of another; `{"do": "stop"}` ends
them, and is answered with the number of words.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final, cast

import uvloop

from app.listening import bind
from bench.delivery.control import say
from bench.delivery.stamp import now_us, stamped

MODEL: Final = "stamped"
WORDS_PER_SECOND: Final = 50

_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_MODELS: Final = b'{"object":"list","data":[{"id":"%s","object":"model"}]}' % MODEL.encode()


def event(delta: str, finish: str = "null") -> bytes:
    """A chunk of OpenAI's stream as a chunk of HTTP's."""
    return _framed(
        f'{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"{MODEL}",'
        f'"choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}'
    )


def _framed(data: str) -> bytes:
    line = f"data: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(line), line)


class Model:
    """All completions under way."""

    def __init__(self) -> None:
        self.said = 0
        self._asked: dict[Answerer, None] = {}
        self._changed = asyncio.Event()

    def __contains__(self, answerer: Answerer) -> bool:
        """Whether its completion is under way."""
        return answerer in self._asked

    def add(self, answerer: Answerer) -> None:
        self._asked[answerer] = None
        self._changed.set()

    def discard(self, answerer: Answerer) -> None:
        self._asked.pop(answerer, None)

    async def obey(self) -> None:
        """Returns at the end of standard input."""
        loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            order = json.loads(line)
            if order["do"] == "speak":
                await self._speak(order["completions"], 1 / order.get("words_per_second", WORDS_PER_SECOND))
                say()
            else:
                for each in [*self._asked]:
                    each.finish()
                say(sent=self.said)

    async def _speak(self, completions: int, word_seconds: float) -> None:
        while len(self._asked) < completions:
            self._changed.clear()
            await self._changed.wait()
        self.said, began = 0, asyncio.get_running_loop().time()
        for number, each in enumerate(self._asked):
            each.speak(began + number * word_seconds / completions, word_seconds)


class Answerer(asyncio.Protocol):
    """One connection, kept alive; requests on it come one after the other."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._model.discard(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._received.clear()
        if head.startswith(b"GET"):
            answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
            self._transport.write(answer % (len(_MODELS), _MODELS))
            return
        self._transport.write(_HEAD + event('{"role":"assistant","content":""}'))
        self._model.add(self)

    def finish(self) -> None:
        self._model.discard(self)
        self._transport.write(event("{}", '"stop"') + _framed("[DONE]") + b"0\r\n\r\n")

    def speak(self, due: float, word_seconds: float) -> None:
        """From then on, by the loop's clock."""
        self._loop.call_at(due, self._say, due, word_seconds)

    def _say(self, due: float, word_seconds: float) -> None:
        if self in self._model:
            self._transport.write(event(f'{{"content":"{stamped(now_us())}"}}'))
            self._model.said += 1
            self.speak(due + word_seconds, word_seconds)


def _content_length(head: bytearray) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.removeprefix(b"content-length:"))
    return 0


async def _serve() -> None:
    model = Model()
    with bind("127.0.0.1", 0) as bound:
        await asyncio.get_running_loop().create_server(lambda: Answerer(model), sock=bound)
        say(port=bound.getsockname()[1])
        await model.obey()


if __name__ == "__main__":
    uvloop.run(_serve())
