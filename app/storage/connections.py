"""The connections of a process, one statement after the other on each.

asyncpg's pool opens them, limits their number and closes those that have been idle for long. But to go through it for
each statement takes this process longer than the statement itself: so what was just used stays at hand for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from prisma.errors import ClientNotConnectedError

from app.storage.errors import NO_CONNECTION_FREE, NOT_REACHABLE, DatabaseUnavailableError
from app.storage.lost_connection import CANNOT_CONNECT

AT_HAND_SECONDS: Final = 1.0
_RELEASE_SECONDS: Final = 2
"""How long a statement that nobody waits for any more may take to end before its connection is closed."""

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"


class Connections:
    """Args:
    wait_seconds: how long to wait for one.

    Invariants: what is at hand has nothing under way. For whoever has a place there is one at hand or in the pool.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], *, wait_seconds: float | None) -> None:
        self._pool = pool
        self._wait_seconds = wait_seconds
        self._places = asyncio.Semaphore(pool.get_max_size())
        self._at_hand: list[Connection] = []
        self._timer: asyncio.TimerHandle | None = None
        self._returning: asyncio.Task[None] | None = None
        self._closing = False

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[Connection]:
        """Raises:
        ClientNotConnectedError: it was closed while one was waited for.
        DatabaseUnavailableError: there is none in time, or the database cannot be reached.
        """
        await self._enter()
        try:
            connection = await self._take()
            try:
                yield connection
            except BaseException:  # something may still be under way: the pool waits for its end
                await self._release(connection)
                raise
            if self._closing or is_closed(connection):
                await self._release(connection)
            else:
                self._keep(connection)
        finally:
            self._places.release()

    async def close(self, *, seconds: float) -> None:
        """Lets what is under way finish, for so long."""
        self._closing = True
        if self._timer:
            self._timer.cancel()
        await self._release_at_hand()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._pool.close(), seconds)

    async def _enter(self) -> None:
        try:
            async with asyncio.timeout(self._wait_seconds if self._places.locked() else None):
                await self._places.acquire()
        except TimeoutError as error:
            raise self._none_free() from error

    async def _take(self) -> Connection:
        while self._at_hand:
            connection = self._at_hand.pop()
            if not is_closed(connection):
                return connection
            await self._release(connection)
        if self._closing:
            raise ClientNotConnectedError
        try:
            return await self._pool.acquire(timeout=self._wait_seconds)
        except TimeoutError as error:
            raise self._none_free() from error
        except CANNOT_CONNECT as error:
            raise DatabaseUnavailableError.of(NOT_REACHABLE, f"Can't reach database server: {error}") from error

    def _none_free(self) -> DatabaseUnavailableError:
        because = f"none of {self._pool.get_max_size()} database connections was free in time"
        return DatabaseUnavailableError.of(NO_CONNECTION_FREE, because)

    def _keep(self, connection: Connection) -> None:
        self._at_hand.append(connection)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(AT_HAND_SECONDS, self._return_all)

    def _return_all(self) -> None:
        """To the pool, which counts from then on how long they are idle."""
        self._timer = None
        self._returning = asyncio.create_task(self._release_at_hand(), name="connections at hand")

    async def _release_at_hand(self) -> None:
        while self._at_hand:
            await self._release(self._at_hand.pop())

    async def _release(self, connection: Connection) -> None:
        with suppress(Exception):  # then it was closed, and another one takes its place
            await self._pool.release(connection, timeout=_RELEASE_SECONDS)


def is_closed(connection: Connection) -> bool:
    """The pool takes back a connection that is lost at once, and then it cannot even be asked."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True
