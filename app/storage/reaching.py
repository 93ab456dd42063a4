"""Storage's own errors as the domain's, and statements that may be run again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from prisma.errors import RawQueryError

from app.chat.errors import StorageUnavailable
from app.storage.client import Database
from app.storage.errors import StorageUnavailableError

UNIQUE_VIOLATION = "23505"
_ROLLED_BACK = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing was done, and the same statement goes through the next time."""
_ATTEMPTS = 3


@asynccontextmanager
async def reaching_database() -> AsyncGenerator[None]:
    """Raises:
    StorageUnavailable: in place of storage's own error, which is its cause.
    """
    try:
        yield
    except StorageUnavailableError as error:
        raise StorageUnavailable from error


async def run_statement(database: Database, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """The rows of one statement that is a transaction of its own.

    Raises:
        StorageUnavailable: the database cannot be reached.
        RawQueryError: PostgreSQL refused it; `sqlstate` tells why.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with reaching_database():
                return await database.query_raw(statement, *arguments)
        except RawQueryError as error:
            if sqlstate(error) not in _ROLLED_BACK or attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def sqlstate(error: RawQueryError) -> str | None:
    return (error.meta or {}).get("code")
