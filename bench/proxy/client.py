"""Asking for streams and reading them with as little as possible: an HTTP client would cost more than what it measures.

Every stream is checked: all the words, once.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from bench.proxy.upstream import CHUNKS, WORD

DEADLINE_SECONDS: Final = 60.0
_WORD: Final = WORD.encode()
_END: Final = b"[DONE]"


@dataclass(slots=True)
class Load:
    """What was measured of one way. Seconds."""

    streams: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    first_token_seconds: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.streams / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Of the proxy, for each stream."""
        return 1000 * self.cpu_seconds / self.streams

    def first_token_ms(self, share: float) -> float:
        return 1000 * sorted(self.first_token_seconds)[int(len(self.first_token_seconds) * share)]


class Client:
    """Asks one after the other on a connection that is kept."""

    def __init__(self, url: str, model: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Hello!"}]}
        content = json.dumps(body).encode()
        self._request = (
            f"POST {parts.path}/chat/completions HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer sk-bench\r\n"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        ).encode() + content

    async def __aenter__(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self) -> float:
        """Reads a whole stream; gives the seconds to its first token."""
        began = time.perf_counter()
        self._writer.write(self._request)
        received, first = bytearray(), 0.0
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not received.endswith(b"0\r\n\r\n"):
                data = await self._reader.read(65536)
                assert data, f"the connection was closed: {bytes(received[-300:])!r}"
                received += data
                if not first and _WORD in received:
                    first = time.perf_counter() - began
        words = received.count(_WORD)
        assert (words, received.count(_END)) == (CHUNKS, 1), f"{words} words: {bytes(received[:300])!r}"
        return first


async def saturate(url: str, model: str, clients: int, seconds: float) -> Load:
    """As many streams as that many clients can get."""
    load = Load()
    end = time.perf_counter() + seconds

    async def ask_on() -> None:
        async with Client(url, model) as client:
            while time.perf_counter() < end:
                load.first_token_seconds.append(await client.ask())
                load.streams += 1

    began = time.perf_counter()
    await asyncio.gather(*(ask_on() for _ in range(clients)))
    load.seconds = time.perf_counter() - began
    return load


async def trickle(url: str, model: str, per_second: float, seconds: float) -> Load:
    """Streams begun at an even pace, whatever the answers do: nothing waits but for the proxy."""
    load = Load()
    idle: list[Client] = []

    async def ask_once() -> None:
        client = idle.pop() if idle else await Client(url, model).__aenter__()
        load.first_token_seconds.append(await client.ask())
        idle.append(client)

    began = time.perf_counter()
    tasks = []
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(began + number / per_second - time.perf_counter())
        tasks.append(asyncio.create_task(ask_once()))
    await asyncio.gather(*tasks)
    load.streams, load.seconds = len(tasks), time.perf_counter() - began
    for client in idle:
        await client.__aexit__()
    return load
