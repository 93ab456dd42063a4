"""Interactive transactions with the isolation level that they need."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Literal, TypeVar

import orjson
from prisma._base_client import AsyncBasePrisma
from prisma._transactions import AsyncTransactionManager
from prisma.errors import TransactionNotStartedError

IsolationLevel = Literal["ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable"]

ClientT = TypeVar("ClientT", bound=AsyncBasePrisma)


class Transaction(AsyncTransactionManager[ClientT]):
    """`async with Transaction(client=…) as tx`: commits at the end of the block; an exception rolls back.

    A transaction that was open for longer than `timeout` is rolled back; `max_wait` bounds the wait for a connection.
    """

    def __init__(
        self,
        *,
        client: ClientT,
        max_wait: int | timedelta,
        timeout: int | timedelta,
        isolation_level: IsolationLevel | None = None,
    ) -> None:
        super().__init__(client=client, max_wait=max_wait, timeout=timeout)
        self._client = client
        self._isolation_level = isolation_level

    async def start(self, *, _from_context: bool = False) -> ClientT:
        """The client to use within the transaction. PostgreSQL's own level is in force where none was given."""
        if self._client.is_transaction():
            warnings.warn("This starts a second transaction beside the one at hand, not one inside it", stacklevel=2)
        request = {
            "timeout": round(self._timeout.total_seconds() * 1000),
            "max_wait": round(self._max_wait.total_seconds() * 1000),
            "isolation_level": self._isolation_level,
        }
        self._engine = self._client._engine
        self._tx_id = await self._engine.start_transaction(content=orjson.dumps(request).decode())
        client = self._client._copy()
        client._tx_id = self._tx_id
        return client

    async def commit(self) -> None:
        """Works also while the client disconnects, which waits for it."""
        if self._tx_id is None:
            raise TransactionNotStartedError
        await self._engine.commit_transaction(self._tx_id)

    async def rollback(self) -> None:
        if self._tx_id is None:
            raise TransactionNotStartedError
        await self._engine.rollback_transaction(self._tx_id)
