"""Storage's own errors as the domain's, and statements that may be run again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg

from app.chat.errors import StorageUnavailable
from app.storage.client import Database
from app.storage.errors import NoAnswerError, StorageUnavailableError

_ROLLED_BACK = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing was done, and the same statement goes through the next time."""
_TOO_LATE = frozenset({"55P03", "57014"})
"""A lock was not to be had in time, or a statement took too long."""
_ATTEMPTS = 3

Result = TypeVar("Result")


@asynccontextmanager
async def reaching_database() -> AsyncGenerator[None]:
    """Raises:
    StorageUnavailable: in place of storage's own error, which is its cause; also where a statement took too long, or
        waited too long for a lock.
    """
    try:
        yield
    except NoAnswerError as error:
        raise StorageUnavailable("the database is busy; try again") from error
    except StorageUnavailableError as error:
        raise StorageUnavailable from error
    except asyncpg.PostgresError as error:
        if error.sqlstate in _TOO_LATE:
            raise StorageUnavailable("the database is busy; try again") from error
        raise


async def run_statement(
    database: Database, statement: str, *arguments: object, reads: bool = False, seconds: float | None = None
) -> list[asyncpg.Record]:
    """The rows of one statement that is a transaction of its own; see Database.rows.

    Raises:
        StorageUnavailable: the database cannot be reached.
        asyncpg.PostgresError: PostgreSQL refused it; `sqlstate` tells why.
    """

    async def run() -> list[asyncpg.Record]:
        return await database.rows(statement, *arguments, reads=reads, seconds=seconds)

    return await run_again(run)


async def run_again(transaction: Callable[[], Awaitable[Result]]) -> Result:
    """What the transaction gives; it is run again where PostgreSQL has rolled it back through no fault of its own.

    Raises:
        StorageUnavailable, asyncpg.PostgresError: as `run_statement`.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with reaching_database():
                return await transaction()
        except asyncpg.PostgresError as error:
            if error.sqlstate not in _ROLLED_BACK:
                raise
            if attempt == _ATTEMPTS:
                raise StorageUnavailable("the database is busy; try again") from error
    raise AssertionError("unreachable")
