"""A network as bad as it gets: a TCP proxy that cuts, stalls, slices, and lets no WebSocket through, as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

READ_BYTES = 64 * 1024
HEAD_END = b"\r\n\r\n"
REFUSAL = b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Fate:
    """Of one connection; bytes are those that the server sends.

    Args:
        cut_after: so many bytes, wherever that is, the connection is reset.
        stall_after: so many bytes nothing goes through any more, in neither direction, and nobody is told.
        slice_bytes: goes through at a time.
    """

    cut_after: int | None = None
    stall_after: int | None = None
    slice_bytes: int | None = None


UNHARMED = Fate()


class MeddlingProxy:
    """Args:
    port: of the server behind it.
    fate: of each connection, by its number from 0 on.
    """

    def __init__(self, port: int, fate: Callable[[int], Fate]) -> None:
        self.target = port
        self._fate = fate
        self.blocks_sockets = False
        self.requests: list[str] = []
        """Of each connection `websocket`, `blocked` or `http`."""
        self.port = 0
        self._open: set[asyncio.Task[None]] = set()

    @property
    def graphql_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for each in self._open:
                each.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(HEAD_END)
                socket = b"upgrade: websocket" in head.lower()
                blocked = socket and self.blocks_sockets
                number = len(self.requests)
                self.requests.append("blocked" if blocked else "websocket" if socket else "http")
                if blocked:
                    writer.write(REFUSAL)
                    await writer.drain()
                else:
                    await self._connect(head, reader, writer, self._fate(number))
        finally:
            writer.transport.abort()

    async def _connect(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate
    ) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            to_server.write(head)
            asking = asyncio.create_task(_pass_on(reader, to_server, UNHARMED))
            answering = asyncio.create_task(_pass_on(from_server, writer, fate))
            done, others = await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
            for each in others:
                each.cancel()
            if answering in done and answering.result():
                asking.cancel()
                await asyncio.Event().wait()  # stalled, until the proxy is closed
            if answering in done and not fate.cut_after:
                writer.close()
                await writer.wait_closed()
        finally:
            to_server.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate) -> bool:
    """Returns when there is no more, or when it is to be cut; True where it is to stall."""
    passed = 0
    while piece := await reader.read(fate.slice_bytes or READ_BYTES):
        if fate.cut_after is not None and passed + len(piece) >= fate.cut_after:
            writer.write(piece[: fate.cut_after - passed])
            await writer.drain()
            return False
        if fate.stall_after is not None and passed + len(piece) >= fate.stall_after:
            writer.write(piece[: fate.stall_after - passed])
            await writer.drain()
            return True
        writer.write(piece)
        await writer.drain()
        passed += len(piece)
    return False


@asynccontextmanager
async def meddling(port: int, fate: Callable[[int], Fate] = lambda _: UNHARMED) -> AsyncGenerator[MeddlingProxy]:
    proxy = MeddlingProxy(port, fate)
    async with proxy.serving():
        yield proxy
