"""A server that is one of several, which app/supervisor.py keeps."""

from __future__ import annotations

import logging
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

from app.server.draining import Server

logger = logging.getLogger("parley")


class SupervisedServer(Server):
    """Tells its supervisor when it serves, and drains as well when there is no supervisor any more.

    Args:
        supervisor: one end of a socket pair. Whatever comes through it means to hurry, its end that the supervisor
            is gone. To be left open to the end of the process, which is what closes it.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain: Callable[[], Awaitable[None]],
        hurry: Callable[[], Awaitable[None]],
        supervisor: socket.socket,
    ) -> None:
        super().__init__(config, drain=drain, hurry=hurry)
        self._supervisor = supervisor

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._supervisor.setblocking(False)
        self._loop.add_reader(self._supervisor, self._hear)
        try:
            self._supervisor.send(b"serves")
        except OSError:
            return  # the supervisor is gone, which is heard as the end of the socket, too

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        self._loop.remove_reader(self._supervisor)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Any number of signals are one: a service manager's may come beside the supervisor's."""
        self.should_exit = True

    def _hear(self) -> None:
        try:
            said = self._supervisor.recv(4096)
        except ConnectionResetError:
            said = b""
        if said:
            self._impatient.set()
            return
        logger.warning("the supervisor is gone")
        self._loop.remove_reader(self._supervisor)
        self.should_exit = True
