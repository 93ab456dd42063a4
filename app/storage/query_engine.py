"""The engine of a Prisma client: asks the query engine process, and has another one ready when that has died."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, NoReturn, overload

import orjson
from prisma._constants import DEFAULT_CONNECT_TIMEOUT
from prisma._types import MetricsFormat, TransactionId
from prisma.engine import AsyncAbstractEngine
from prisma.engine.errors import AlreadyConnectedError, EngineConnectionError, NotConnectedError
from prisma.types import DatasourceOverride

from app.storage.engine_channel import NotAnsweredError, NotSentError
from app.storage.engine_frames import Answer, Kind, Verdict
from app.storage.engine_process import EngineProcess
from app.storage.engine_supply import EngineSupply
from app.storage.errors import (
    CONNECTION_CLOSED,
    DatabaseUnavailableError,
    NoAnswerError,
    OutcomeUnknownError,
    TransactionLostError,
    database_unavailable,
)

DRAIN_SECONDS = 10
REQUEST_TIMEOUT = timedelta(seconds=30)
# A request that brings engines down would do so to one after the other.
_ATTEMPTS = 3
_STATUS_PAUSE_SECONDS = 0.1
_PING_TIMEOUT_SECONDS = 2
# As the query builder begins a request that only reads. Where it is not recognized, the request is taken for a write.
_READ = '{"variables": {}, "operation_name": "query", '

log = logging.getLogger("parley.storage.engine")

RaiseRequestErrors = Callable[[Any, list[Any]], NoReturn]
"""Raises the error of the client's package for what the engine found wrong with a request."""


class QueryEngine(AsyncAbstractEngine):
    """What `Prisma._create_engine` gives: all that a Prisma client knows of its engine.

    A request that no engine can have seen is made again. One that only reads is made again whatever happened. A write
    that was sent when the engine died raises OutcomeUnknownError, everything within a transaction TransactionLostError.
    """

    def __init__(
        self,
        *,
        datamodel: Path,
        raise_request_errors: RaiseRequestErrors,
        log_queries: bool = False,
        request_timeout: timedelta = REQUEST_TIMEOUT,
    ) -> None:
        self._datamodel = datamodel
        self._raise_request_errors = raise_request_errors
        self._log_queries = log_queries
        self._request_timeout_seconds = request_timeout.total_seconds()
        self._supply: EngineSupply | None = None
        self._suspicion: asyncio.Future[None] | None = None
        self._unwanted: set[asyncio.Future[None]] = set()

    @property
    def pid(self) -> int | None:
        """Of the process that requests go to now."""
        return self._supply.current.pid if self._supply and self._supply.current else None

    async def connect(
        self,
        timeout: timedelta = DEFAULT_CONNECT_TIMEOUT,  # noqa: ASYNC109 - as in the base class
        datasources: list[DatasourceOverride] | None = None,
    ) -> None:
        """Returns when engine and database both answer. Raises EngineConnectionError when they do not in time."""
        if self._supply is not None:
            raise AlreadyConnectedError("Already connected to the query engine")
        if not datasources:
            raise EngineConnectionError("No database was given to connect to")
        settings = {
            "datamodel": await asyncio.to_thread(self._datamodel.read_text, "utf-8"),
            "url": datasources[0]["url"],
            "logQueries": self._log_queries,
        }
        self._supply = EngineSupply(orjson.dumps(settings), patience_seconds=timeout.total_seconds())
        try:
            async with asyncio.timeout(timeout.total_seconds()) as deadline:
                await self._supply.open()
                await self._database_answers(deadline)
        except BaseException as error:
            await self.aclose(timeout=timedelta(0))
            if isinstance(error, TimeoutError):
                raise EngineConnectionError("The query engine did not start in time") from error
            raise

    async def _database_answers(self, deadline: asyncio.Timeout) -> None:
        because: Exception | None = None
        try:
            while True:
                try:
                    await self._ask(Kind.STATUS, repeatable=True)
                except Exception as error:
                    because = error
                    await asyncio.sleep(_STATUS_PAUSE_SECONDS)
                else:
                    return
        except asyncio.CancelledError:
            if deadline.expired():
                raise EngineConnectionError(f"The database does not answer: {because or 'no connection'}") from because
            raise

    async def aclose(self, *, timeout: timedelta | None = None) -> None:  # noqa: ASYNC109 - as in the base class
        """Waits for requests and transactions under way, at most for `timeout`, and until no engine is left."""
        if self._supply is not None:
            try:  # until all is done it is needed by the transactions that are open
                await self._supply.close(DRAIN_SECONDS if timeout is None else timeout.total_seconds())
            finally:
                self._supply = None

    def close(self, *, timeout: timedelta | None = None) -> None:
        """Has the engine exit by itself, for a client that was dropped without `disconnect`."""
        supply, self._supply = self._supply, None
        if supply is not None:
            supply.abandon()

    def stop(self, *, timeout: timedelta | None = None) -> None:
        self.close(timeout=timeout)

    async def query(self, content: str, *, tx_id: TransactionId | None) -> Any:
        """`content` is JSON around one GraphQL query or a batch of them.

        Raises UnicodeEncodeError, and sends nothing, where a string holds a lone surrogate.
        """
        body = content.encode()
        if tx_id is not None:
            return await self._ask_in_transaction(Kind.QUERY, tx_id, body)
        return await self._ask(Kind.QUERY, body, repeatable=content.startswith(_READ))

    async def start_transaction(self, *, content: str) -> TransactionId:
        # A caller who is cancelled here would never end the transaction, which holds a connection until it times out.
        begin = asyncio.ensure_future(self._begin(content.encode()))
        try:
            return await asyncio.shield(begin)
        except asyncio.CancelledError:
            begin.add_done_callback(self._roll_back_unwanted)
            raise

    async def commit_transaction(self, tx_id: TransactionId) -> None:
        await self._ask_in_transaction(Kind.COMMIT, tx_id)

    async def rollback_transaction(self, tx_id: TransactionId) -> None:
        await self._ask_in_transaction(Kind.ROLLBACK, tx_id)

    @overload
    async def metrics(self, *, format: Literal["json"], global_labels: dict[str, str] | None) -> dict[str, Any]: ...

    @overload
    async def metrics(self, *, format: Literal["prometheus"], global_labels: dict[str, str] | None) -> str: ...

    async def metrics(self, *, format: MetricsFormat, global_labels: dict[str, str] | None) -> NoReturn:
        raise NotImplementedError("The WebAssembly build of the query engine has no metrics")

    async def _begin(self, content: bytes) -> TransactionId:
        engine, answer = await self._exchange(Kind.BEGIN, content, repeatable=True)
        transaction = self._checked(answer, repeatable=True)["id"]
        return TransactionId(f"{engine.pid}.{transaction}")  # of no use with another engine

    def _roll_back_unwanted(self, begin: asyncio.Future[TransactionId]) -> None:
        if not begin.cancelled() and not begin.exception() and self._supply is not None:
            rollback = asyncio.ensure_future(self.rollback_transaction(begin.result()))
            self._unwanted.add(rollback)
            rollback.add_done_callback(self._unwanted.discard)

    async def _ask(self, kind: Kind, body: bytes = b"", *, repeatable: bool) -> Any:
        for attempt in range(1, _ATTEMPTS + 1):
            _, answer = await self._exchange(kind, body, repeatable=repeatable)
            try:
                return self._checked(answer, repeatable=repeatable)
            except DatabaseUnavailableError as error:
                # A pooled connection that the database has closed meanwhile says so to the next who uses it.
                if not repeatable or error.code != CONNECTION_CLOSED or attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _exchange(self, kind: Kind, body: bytes, *, repeatable: bool) -> tuple[EngineProcess, Answer]:
        supply = self._supply
        if supply is None:
            raise NotConnectedError("Not connected to the query engine")
        attempts = 0
        while True:
            engine = supply.current or await supply.engine()
            try:
                answer = await self._answer(engine, engine.channel.ask(kind, body), repeatable=repeatable)
            except NotSentError:
                supply.retire(engine)
            except NotAnsweredError as error:
                attempts += 1
                if not repeatable or attempts == _ATTEMPTS:
                    raise OutcomeUnknownError("The query engine died while it carried out the request") from error
            else:
                if answer.verdict != Verdict.REFUSED:
                    return engine, answer
                supply.retire(engine)

    async def _ask_in_transaction(self, kind: Kind, tx_id: TransactionId, body: bytes = b"") -> Any:
        pid, _, transaction = tx_id.partition(".")
        engine = self._supply.alive(int(pid)) if self._supply is not None else None
        try:
            if engine is None:
                raise NotSentError("the query engine has gone")
            answer = await self._answer(engine, engine.channel.ask(kind, body, transaction.encode()), repeatable=False)
        except (NotSentError, NotAnsweredError) as error:
            if kind is Kind.ROLLBACK:
                return None  # PostgreSQL has done that already
            if kind is Kind.COMMIT and isinstance(error, NotAnsweredError):
                raise OutcomeUnknownError("The query engine died while it committed the transaction") from error
            raise TransactionLostError("The query engine died and the transaction with it") from error
        return self._checked(answer, repeatable=kind is not Kind.COMMIT)

    async def _answer(self, engine: EngineProcess, awaited: asyncio.Future[Answer], *, repeatable: bool) -> Answer:
        try:
            async with asyncio.timeout(self._request_timeout_seconds):
                return await awaited
        except TimeoutError:
            self._suspect(engine)
            late = f"no answer within {self._request_timeout_seconds:g} s"
            raise NoAnswerError(late) if repeatable else OutcomeUnknownError(late) from None

    def _suspect(self, engine: EngineProcess) -> None:
        """Finds out whether a late engine waits for the database, or has to be replaced because it hangs."""

        async def replace_if_it_hangs() -> None:
            try:
                async with asyncio.timeout(_PING_TIMEOUT_SECONDS):
                    await engine.channel.ask(Kind.PING)
            except TimeoutError:
                log.error("the query engine (process %d) hangs and is replaced", engine.pid)
                if self._supply is not None:
                    await self._supply.discard(engine)
            except ConnectionError:
                pass  # it is being replaced already

        if self._suspicion is None or self._suspicion.done():
            self._suspicion = asyncio.ensure_future(replace_if_it_hangs())

    def _checked(self, answer: Answer, *, repeatable: bool) -> Any:
        """The data in an answer. Raises what is wrong, if something is."""
        data = orjson.loads(answer.body)
        errors = data.get("errors")
        for result in data.get("batchResult", ()):
            errors = errors or result.get("errors")
        if errors:
            if unavailable := database_unavailable(errors, repeatable=repeatable):
                raise unavailable
            self._raise_request_errors(None, errors)
        return data
