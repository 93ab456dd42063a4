"""A server in a thread of its own, with a loop of its own, so that a test may block on its client's sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
import uvicorn
import uvloop

from app.listening import bind
from app.server import Server

DEADLINE_SECONDS = 20.0
"""Far longer than anything takes; only a broken server is waited for so long."""

RECEIVE_BUFFER_BYTES = 4_096

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}

Result = TypeVar("Result")


class Served:
    """Args:
    server: belongs to its thread: ask it by `run`.
    """

    def __init__(self, port: int, server: Server, loop: asyncio.AbstractEventLoop) -> None:
        self.port = port
        self.server = server
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of work in the server's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_SECONDS)

    @property
    def connections(self) -> list[Any]:
        async def found() -> list[Any]:
            return list(self.server.server_state.connections)

        return self.run(found())

    def is_empty_again(self) -> bool:
        """Returns when there is no connection left.

        Raises:
            TimeoutError: there still is one.
        """

        async def empty() -> bool:
            while self.server.server_state.connections:
                await asyncio.sleep(0.005)
            return True

        return self.run(empty())

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """A client for which its own system holds very little, as a slow network would."""
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            client.settimeout(DEADLINE_SECONDS)
            client.connect(("127.0.0.1", self.port))
            yield client


@contextmanager
def serving(app: Any, loop_name: str) -> Iterator[Served]:
    ready: Future[Served] = Future()
    thread = threading.Thread(target=_serve, args=(app, LOOPS[loop_name], ready))
    thread.start()
    served = ready.result(DEADLINE_SECONDS)
    try:
        yield served
    finally:
        served.server.should_exit = True
        thread.join()


def _serve(app: Any, new_loop: Callable[[], asyncio.AbstractEventLoop], ready: Future[Served]) -> None:
    async def main() -> None:
        with bind("127.0.0.1", 0) as bound:
            config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=0)
            server = Server(config, drain=_nothing, hurry=_nothing)
            ready.set_result(Served(bound.getsockname()[1], server, asyncio.get_running_loop()))
            await server.serve(sockets=[bound])

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


async def _nothing() -> None:
    pass


def read_to_reset(client: socket.socket) -> int:
    """How many bytes came before the server's reset."""
    size = 0
    with pytest.raises(ConnectionResetError):
        while part := client.recv(65_536):
            size += len(part)
    return size
