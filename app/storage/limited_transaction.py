"""Transactions that neither wait nor work for long."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from prisma import Prisma

from app.storage.client import Database
from app.storage.completion_statements import LIMIT_WAITING


@asynccontextmanager
async def limited_transaction(database: Database, *, seconds: float, lock_seconds: float) -> AsyncGenerator[Prisma]:
    """A transaction whose statements PostgreSQL itself ends: who gives up waiting for an answer does not end them.

    Args:
        seconds: of each statement, and of the transaction.
        lock_seconds: of each wait for a lock.
    """
    async with database.tx(timeout=timedelta(seconds=seconds)) as transaction:
        await transaction.query_raw(LIMIT_WAITING, f"{lock_seconds}s", f"{seconds}s")
        yield transaction
