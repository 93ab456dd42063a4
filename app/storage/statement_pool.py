"""Statements in SQL, on connections of their own: they say what Prisma's query language has no words for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeAlias, TypeVar

import asyncpg
import orjson
from prisma.errors import ClientNotConnectedError

from app.storage.connection_url import connection_limits, without_prisma_arguments
from app.storage.connections import Connection, Connections, is_closed
from app.storage.errors import (
    CONNECTION_CLOSED,
    DatabaseUnavailableError,
    NoAnswerError,
    OutcomeUnknownError,
)
from app.storage.lost_connection import is_lost, nothing_done

IDLE_CONNECTION_SECONDS: Final = 300
PREPARED_STATEMENTS: Final = 100
"""On each connection, where each costs memory."""
_SERVER_FIRST: Final = 0.9
"""Of the time that a statement has: where PostgreSQL ends it rather than we, a write is known not to be done."""
_TIMES: Final = {"timezone": "UTC", "datestyle": "ISO"}
"""As `app.storage.rows` reads them."""
_PLANS: Final = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
"""A statement is planned once. By itself PostgreSQL thinks so much better of a plan that knows the page's size that it
plans pages anew each time, which takes longer than to carry them out; and it compiles for a second what runs for a
millisecond. So how a statement is best carried out must not depend on its parameters' values.
"""
_JSONB_VERSION: Final = b"\x01"

Work: TypeAlias = Callable[[Connection], Awaitable["Result"]]
Result = TypeVar("Result")


class StatementPool:
    """As many connections as are needed, but no more than the share of the URL's `connection_limit`.

    Invariants: what may have changed something is never run again by itself; a connection is used again only when
    PostgreSQL has ended what was on it before.
    """

    def __init__(self, url: str, *, request_timeout: timedelta) -> None:
        self._url = url
        self._request_seconds = request_timeout.total_seconds()
        self._connections: Connections | None = None

    async def open(self) -> None:
        """Connects to nothing yet.

        Raises:
            ValueError: an argument in the URL that has to be a number is none.
        """
        self._limits = connection_limits(self._url)
        pool = await asyncpg.create_pool(
            without_prisma_arguments(self._url),
            min_size=0,
            max_size=self._limits.statements,
            max_inactive_connection_lifetime=IDLE_CONNECTION_SECONDS,
            statement_cache_size=PREPARED_STATEMENTS if self._limits.prepares else 0,
            command_timeout=self._request_seconds,
            server_settings={"application_name": "parley statements", **_TIMES},
            init=self._set_up,
            reset=_leave_as_it_is,
        )
        self._connections = Connections(pool, wait_seconds=self._limits.wait_seconds)

    async def _set_up(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Of a new connection what not every pooler in between would take at its start."""
        if self._limits.keeps_session:
            ends = {"statement_timeout": f"{round(1000 * self._request_seconds * _SERVER_FIRST)}ms"}
            await connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in (_PLANS | ends).items()))
        await _read_json(connection)

    async def close(self, *, seconds: float) -> None:
        """Lets what is under way finish, for so long."""
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.close(seconds=seconds)

    async def rows(
        self, sql: str, *parameters: object, reads: bool, seconds: float | None = None
    ) -> list[asyncpg.Record]:
        """See Database.rows."""
        return await self._run(lambda connection: connection.fetch(sql, *parameters, timeout=seconds), reads=reads)

    async def transaction(self, work: Work[Result]) -> Result:
        """See Database.transaction."""

        async def within(connection: Connection) -> Result:
            committing = False
            try:
                async with connection.transaction():
                    result = await work(connection)
                    committing = True
                    return result
            except asyncpg.PostgresConnectionError as error:
                # PostgreSQL may end a session after it has committed and before it says so: where it logs durations.
                if committing and not isinstance(error.__cause__, BrokenPipeError):
                    raise OutcomeUnknownError("contact was lost during a commit") from error
                raise

        return await self._run(within, reads=False)

    async def _run(self, work: Work[Result], *, reads: bool) -> Result:
        attempts = 0
        while True:
            attempts += 1
            if self._connections is None:
                raise ClientNotConnectedError
            async with self._connections.one() as connection:
                try:
                    return await work(connection)
                except TimeoutError as error:
                    late = "the database did not answer in time"
                    raise NoAnswerError(late) if reads else OutcomeUnknownError(late) from error
                except Exception as error:
                    closed = is_closed(connection)
                    if not is_lost(error, closed=closed):
                        raise
                    if not reads and not nothing_done(error, closed=closed):
                        raise OutcomeUnknownError("contact was lost during a write") from error
                    if not closed:
                        connection.terminate()
                    if attempts > self._limits.statements:  # each may be one that the database ended while it was idle
                        raise DatabaseUnavailableError.of(CONNECTION_CLOSED, str(error)) from error


async def _read_json(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """JSON is parsed where it arrives, from bytes; what goes in is text."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=str.encode, decoder=orjson.loads
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_jsonb, decoder=lambda value: orjson.loads(value[1:])
    )


def _jsonb(text: str) -> bytes:
    return _JSONB_VERSION + text.encode()


async def _leave_as_it_is(_: object) -> None:
    """No statement changes the session: to ask PostgreSQL to reset it would double the round trips."""
