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

from app.storage.errors import NO_CONNECTION_FREE, NOT_REACHABLE, DatabaseUnavailableError
from app.storage.lost_connection import CANNOT_CONNECT

AT_HAND_SECONDS: Final = 1.0
_RELEASE_SECONDS: Final = 2
"""How long a statement that nobody waits for any more may take to end before its connection is closed."""

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"


class Connections:
    """Args:
    wait_seconds: how long to wait for one.

    Invariants: what is at hand has nothing under way; nothing is while somebody waits for the pool.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], *, wait_seconds: float | None) -> None:
        self._pool = pool
        self._wait_seconds = wait_seconds
        self._at_hand: list[Connection] = []
        self._waiting = 0
        self._returning: asyncio.Task[None] | None = None
        self._closing = False

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[Connection]:
        """Raises:
        DatabaseUnavailableError: there is none in time, or the database cannot be reached.
        """
        connection = await self._take()
        try:
            yield connection
        except BaseException:  # something may still be under way: the pool waits for its end
            await self._release(connection)
            raise
        if self._waiting or self._closing or is_closed(connection):
            await self._release(connection)
        else:
            self._keep(connection)

    async def close(self, *, seconds: float) -> None:
        """Lets what is under way finish, for so long."""
        self._closing = True
        if self._returning:
            self._returning.cancel()
        await self._release_at_hand()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._pool.close(), seconds)

    async def _take(self) -> Connection:
        while self._at_hand:
            connection = self._at_hand.pop()
            if not is_closed(connection):
                return connection
            await self._release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=self._wait_seconds)
        except TimeoutError as error:
            because = f"none of {self._pool.get_max_size()} database connections was free in time"
            raise DatabaseUnavailableError.of(NO_CONNECTION_FREE, because) from error
        except CANNOT_CONNECT as error:
            raise DatabaseUnavailableError.of(NOT_REACHABLE, f"Can't reach database server: {error}") from error
        finally:
            self._waiting -= 1

    def _keep(self, connection: Connection) -> None:
        self._at_hand.append(connection)
        if self._returning is None:
            self._returning = asyncio.create_task(self._return_all(), name="connections at hand")

    async def _return_all(self) -> None:
        """To the pool, which counts from then on how long they are idle."""
        await asyncio.sleep(AT_HAND_SECONDS)
        self._returning = None
        await self._release_at_hand()

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
