"""The database, as the rest of storage sees it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Self

import asyncpg
import prisma._builder
from prisma import Prisma
from prisma._base_client import USE_CLIENT_DEFAULT, UseClientDefault
from prisma._constants import DEFAULT_CONNECT_TIMEOUT

from app.storage import query_builder
from app.storage.connection_url import connection_limits, with_connection_limit
from app.storage.own_engine import OwnEngine
from app.storage.query_engine import DRAIN_SECONDS, REQUEST_TIMEOUT
from app.storage.statement_pool import Result, StatementPool, Work

query_builder.mend(prisma._builder)


class Database(OwnEngine, Prisma):
    """Prisma Client Python, generated from `schema.prisma`, on the engine in `engine/`; and statements in SQL.

    `db = Database(url)`, `await db.connect()`, then everything in the client's documentation, for example
    `await db.conversation.find_unique(where={"id": …})`; `await db.disconnect()` waits for what is under way.
    Errors are the client's (`prisma.errors`) and those in `app.storage.errors`.

    What is said in SQL goes by `rows` and `transaction`, which know nothing of the engine: they outlive its death.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout: timedelta = DEFAULT_CONNECT_TIMEOUT,
        request_timeout: timedelta = REQUEST_TIMEOUT,
        log_queries: bool = False,
    ) -> None:
        """`connect_timeout` bounds the wait for engine and database, also when the engine has to be replaced.

        Raises:
            ValueError: an argument in the URL that has to be a number is none.
        """
        super().__init__(
            with_connection_limit(url, connection_limits(url).engine),
            connect_timeout=connect_timeout,
            request_timeout=request_timeout,
            log_queries=log_queries,
        )
        self._url = url
        self._statements = StatementPool(url, request_timeout=request_timeout)

    async def connect(
        self,
        timeout: int | timedelta | UseClientDefault = USE_CLIENT_DEFAULT,  # noqa: ASYNC109 - as in the base class
    ) -> None:
        await super().connect(timeout)
        await self._statements.open()

    async def disconnect(self, timeout: float | timedelta | None = None) -> None:  # noqa: ASYNC109 - as above
        drain = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        await asyncio.gather(
            self._statements.close(seconds=DRAIN_SECONDS if drain is None else drain), super().disconnect(timeout)
        )

    async def rows(
        self, sql: str, *parameters: object, reads: bool = False, seconds: float | None = None
    ) -> list[asyncpg.Record]:
        """The rows of one statement, which is a transaction of its own and no part of one that is open.

        Values have asyncpg's types, in both directions; JSON is parsed, and goes in as text.

        Args:
            reads: it changes nothing, so it is made again where its answer is lost.
            seconds: how long it may take, if not as long as any request. Then PostgreSQL is told to end it, as it is
                when the caller is cancelled.

        Raises:
            asyncpg.PostgresError: PostgreSQL refused it; `sqlstate` tells why.
            StorageUnavailableError
        """
        return await self._statements.rows(sql, *parameters, reads=reads, seconds=seconds)

    async def transaction(self, work: Work[Result]) -> Result:
        """What `work` gives, whose statements are carried out together or not at all.

        It is run again only where it was surely rolled back.

        Raises:
            As `rows` does, and whatever `work` raises.
        """
        return await self._statements.transaction(work)

    def _copy(self) -> Self:
        copy = super()._copy()
        copy._statements = self._statements
        return copy
