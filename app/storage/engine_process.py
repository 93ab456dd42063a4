"""A query engine: a Node.js process that nobody but this process can reach, and that does not outlive it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import cast

from app.storage.engine_channel import EngineChannel
from app.storage.node import find_node, node_environment

PROGRAM = Path(__file__).parent / "engine" / "query-engine.mjs"
_KILL_SECONDS = 2
_LONGEST_LOG_LINE_BYTES = 1 << 20

log = logging.getLogger("parley.storage.engine")


class EngineProcess:
    """Joined to this process by a socket pair: it has no address, and its end is seen from the other end at once.

    That goes both ways. Whatever becomes of this process, kill -9 included, the engine reads the end of its socket and
    exits. A child that is forked without exec would hold the socket open, so there it is closed after each fork.
    """

    def __init__(self, process: asyncio.subprocess.Process, channel: EngineChannel, end: socket.socket) -> None:
        self.channel = channel
        self.pid = process.pid
        self._process = process
        self._parent_pid = os.getpid()
        self._logging = asyncio.create_task(_log_lines(process))
        _close_after_fork(end)

    @classmethod
    async def spawn(cls, on_lost: Callable[[], None]) -> EngineProcess:
        """Starts one; it knows of no database yet. `on_lost` is called once, as soon as it can be reached no more.

        Raises NodeNotFoundError, or OSError where the machine allows no further process.
        """
        node = await asyncio.to_thread(find_node)
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    node,
                    PROGRAM,
                    str(theirs.fileno()),
                    env=node_environment(),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    limit=_LONGEST_LOG_LINE_BYTES,
                    start_new_session=True,  # Ctrl-C is for us; we stop the engine when we have no more use for it
                )
            except BaseException:
                ours.close()
                raise
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(lambda: EngineChannel(on_lost), sock=ours)
        return cls(process, channel, ours)

    def terminate(self) -> None:
        """Asks it to finish what it is at and exit. Does not wait, and needs no running event loop."""
        if self._process.returncode is None and os.getpid() == self._parent_pid:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()

    async def end(self, grace_seconds: float) -> None:
        """Returns when it has gone: by itself within that time, or killed."""
        try:
            async with asyncio.timeout(grace_seconds):
                await self._process.wait()
        except TimeoutError:
            if grace_seconds:
                log.warning("query engine (process %d) did not exit within %g s and is killed", self.pid, grace_seconds)
        finally:
            await self._kill()

    async def _kill(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self.channel.close()
        with contextlib.suppress(TimeoutError):  # a process that hangs in the kernel cannot be waited for
            async with asyncio.timeout(_KILL_SECONDS):
                await self._process.wait()
                await self._logging
        self._logging.cancel()


async def _log_lines(process: asyncio.subprocess.Process) -> None:
    """What an engine prints is for the log: a line of it is a warning, as it has no news otherwise."""
    output = cast("asyncio.StreamReader", process.stdout)  # which is piped
    while True:
        try:
            line = await output.readline()
        except ValueError:
            line = b"(a line too long to be logged)"
        if not line:
            return
        log.warning("%s", line.decode(errors="replace").rstrip(), extra={"pid": process.pid})


_ends: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def _close_after_fork(end: socket.socket) -> None:
    if not _hooked:
        os.register_at_fork(after_in_child=_close_ends)
        _hooked.append(True)
    _ends.add(end)


def _close_ends() -> None:
    for end in _ends:
        end.close()


_hooked: list[bool] = []
