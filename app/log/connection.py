"""One PostgreSQL connection that comes back by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias, TypeVar

import asyncpg

logger = logging.getLogger("parley.log")

CONNECT_TIMEOUT_SECONDS = 10
ANSWER_SECONDS = 15.0
"""A server that has vanished without a word closes no connection: whoever waits longer takes it for lost."""
CLOSE_SECONDS = 2
FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 2.0

LOST: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg's own state after a FATAL answer that came between two messages
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, crashed, starting up, killed
    asyncpg.InsufficientResourcesError,  # too many connections, for now
    asyncpg.TransactionRollbackError,  # a deadlock, of which we are the victim
    asyncpg.ReadOnlySQLTransactionError,  # the server was demoted: there is another primary
)
"""What says that the same statement may go through on a new connection, not that it is wrong."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Answer = TypeVar("Answer")


class Link:
    """Holds a connection open; `use` runs one caller at a time on it.

    Args:
        greet: run on each new connection before anybody uses it, to LISTEN for example.
        answer_seconds: how long the work of one caller may take.
    """

    def __init__(
        self,
        url: str,
        name: str,
        greet: Callable[[Connection], Awaitable[None]] | None = None,
        *,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._url = url
        self._name = name
        self._greet = greet
        self._answer_seconds = answer_seconds
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._lost = False
        self._closed = False

    @property
    def server_process(self) -> int | None:
        """Of PostgreSQL, while it serves this connection. Notifications bear its number, which another has later."""
        connection = self._connection
        return connection.get_server_pid() if connection and not connection.is_closed() else None

    async def use(self, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Runs `work` once on a live connection.

        Raises:
            one of LOST: it could not be run, or whether it was is not known.
        """
        async with self._turn:
            try:
                connection = await self._open()
                try:
                    async with asyncio.timeout(self._answer_seconds):
                        answer = await work(connection)
                except LOST:
                    connection.terminate()
                    raise
            except LOST as error:
                self._note_loss(error)
                raise
            self._note_return()
            return answer

    async def insist(self, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Runs `work` until it is through; so it must be harmless to repeat."""
        delay = FIRST_RETRY_SECONDS
        while True:
            try:
                return await self.use(work)
            except LOST:
                if self._closed:
                    raise
                await asyncio.sleep(delay)
                delay = min(2 * delay, LONGEST_RETRY_SECONDS)

    async def close(self) -> None:
        """Lets the caller whose turn it is finish first."""
        self._closed = True
        async with self._turn:
            if self._connection and not self._connection.is_closed():
                with suppress(*LOST):
                    await self._connection.close(timeout=CLOSE_SECONDS)

    def _note_loss(self, error: Exception) -> None:
        """Once for an outage, however often it is tried meanwhile."""
        if not self._lost:
            logger.warning("database connection lost", extra={"link": self._name, "because": repr(error)})
        self._lost = True

    def _note_return(self) -> None:
        if self._lost:
            logger.warning("database connection is back", extra={"link": self._name})
        self._lost = False

    async def _open(self) -> Connection:
        if self._connection and not self._connection.is_closed():
            return self._connection
        settings = {"application_name": f"parley {self._name}"}
        try:
            connection: Connection = await asyncpg.connect(
                self._url, timeout=min(CONNECT_TIMEOUT_SECONDS, self._answer_seconds), server_settings=settings
            )
        except asyncpg.PostgresError as error:  # whatever it says, there is no connection
            raise ConnectionError(str(error)) from error
        try:
            if self._greet:
                await self._greet(connection)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        return connection
