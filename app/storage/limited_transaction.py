"""Transactions that neither wait nor work for long."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from prisma import Prisma

from app.storage.client import Database
from app.storage.completion_statements import LIMIT_WAITING

CONNECTION_WAIT: Final = timedelta(seconds=10)
"""As long as a statement without a transaction waits for one."""
SLACK: Final = timedelta(seconds=10)


@asynccontextmanager
async def limited_transaction(database: Database, *, seconds: float, lock_seconds: float) -> AsyncGenerator[Prisma]:
    """A transaction whose statements PostgreSQL itself ends: who gives up waiting for an answer does not end them.

    Args:
        seconds: of each statement.
        lock_seconds: of each wait for a lock.
    """
    # The engine's own limit is not to come first: it leaves PostgreSQL at work.
    timeout = timedelta(seconds=seconds) + SLACK
    async with database.tx(max_wait=CONNECTION_WAIT, timeout=timeout) as transaction:
        await transaction.query_raw(LIMIT_WAITING, f"{lock_seconds}s", f"{seconds}s")
        yield transaction
