"""Redis Streams, where a `redis-server` is installed: one XREAD reader for all streams; nothing is durable."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import psutil
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection

from app.chat.identifiers import new_uuid
from bench.delivery import service
from bench.log.load import cpu_seconds, latencies, pace

CONNECTIONS = 20


def connect(path: str) -> Redis:
    pool = BlockingConnectionPool(
        connection_class=UnixDomainSocketConnection, path=path, max_connections=CONNECTIONS, timeout=None
    )
    return Redis.from_pool(pool)


async def produce(url: str, pipe: Pipe, seconds: float) -> None:
    client = connect(url)
    keys = [str(new_uuid()) for _ in range(pipe.recv())]
    pipe.send(keys)
    pipe.recv()
    began = cpu_seconds()

    async def add(number: int, text: str) -> None:
        await client.xadd(keys[number], {"t": text})

    sent = await pace(len(keys), seconds, add)
    pipe.send((sent, cpu_seconds() - began))
    for key in keys:
        await client.xadd(key, {"end": "1"})
    await client.aclose()


async def watch_all(url: str, pipe: Pipe, _seconds: float) -> None:
    client = connect(url)
    cursors: dict[Any, Any] = dict.fromkeys(pipe.recv(), "0")
    found: list[float] = []
    pipe.send("ready")
    began = cpu_seconds()
    while cursors:
        answer: Any = await client.xread(cursors, block=1000)
        for key, entries in answer:
            for id, fields in entries:
                cursors[key.decode()] = id.decode()
                if b"end" in fields:
                    del cursors[key.decode()]
                else:
                    found.extend(latencies(fields[b"t"].decode()))
    pipe.send((found, cpu_seconds() - began))
    await client.aclose()


@contextmanager
def server() -> Iterator[tuple[str, Callable[[], float]] | None]:
    program = shutil.which("redis-server")
    if not program:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/redis.sock"
        server = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
        )
        while not Path(path).exists():
            time.sleep(0.01)
        try:
            yield path, lambda: service.cpu_seconds(service.family([psutil.Process(server.pid)]))
        finally:
            server.terminate()
            server.wait()
