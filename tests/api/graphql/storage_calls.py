"""The real database and the real log, which count what they are asked."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from prisma._types import TransactionId

from app.chat.identifiers import MessageId
from app.chat.records import Text
from app.log.delta_log import DeltaLog
from app.storage.client import Database
from app.storage.query_engine import QueryEngine


@dataclass
class StorageCalls:
    """Args:
    requests: to the engine, and statements, each as it was sent.
    texts: how often the log was asked what replies in flight say.
    """

    requests: list[str] = field(default_factory=list)
    texts: int = 0

    def of(self, owner: str) -> list[str]:
        """The requests in the name of that owner: others are made now and then, whoever calls."""
        return [each for each in self.requests if owner in each]

    @contextmanager
    def counted(self) -> Generator[StorageCalls]:
        """Yields the calls that are made meanwhile."""
        meanwhile = StorageCalls()
        requests, texts = len(self.requests), self.texts
        yield meanwhile
        meanwhile.requests += self.requests[requests:]
        meanwhile.texts = self.texts - texts


class CountedDatabase(Database):
    def __init__(self, url: str, **given: Any) -> None:
        super().__init__(url, **given)
        self.calls = StorageCalls()

    def _create_engine(self, dml_path: Path | None = None) -> QueryEngine:
        engine = CountedEngine(
            datamodel=dml_path or self._packaged_schema_path, raise_request_errors=self._raise_request_errors
        )
        engine.calls = self.calls
        return engine

    async def rows(self, sql: str, *parameters: object, **how: Any) -> list[asyncpg.Record]:
        self.calls.requests.append(f"{sql} {parameters}")
        return await super().rows(sql, *parameters, **how)


class CountedEngine(QueryEngine):
    calls: StorageCalls

    async def query(self, content: str, *, tx_id: TransactionId | None) -> Any:
        self.calls.requests.append(content)
        return await super().query(content, tx_id=tx_id)


class CountedLog(DeltaLog):
    calls: StorageCalls

    async def texts(self, ids: Sequence[MessageId]) -> Mapping[MessageId, Text]:
        self.calls.texts += 1
        return await super().texts(ids)
