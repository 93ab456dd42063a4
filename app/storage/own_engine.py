"""What makes a generated Prisma client run on this project's own query engine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast

from prisma import Prisma
from prisma._base_client import USE_CLIENT_DEFAULT, UseClientDefault
from prisma._constants import DEFAULT_CONNECT_TIMEOUT, DEFAULT_TX_MAX_WAIT, DEFAULT_TX_TIMEOUT
from prisma.engine.errors import AlreadyConnectedError
from prisma.engine.utils import handle_response_errors

from app.storage.query_engine import REQUEST_TIMEOUT, QueryEngine
from app.storage.transaction import IsolationLevel, Transaction

if TYPE_CHECKING:
    from prisma._base_client import AsyncBasePrisma as GeneratedClient
else:
    GeneratedClient = object  # a client that was generated elsewhere (`output = …`) has a base class of its own


class OwnEngine(GeneratedClient):
    """To be put before the generated class: `class Database(OwnEngine, Prisma)`.

    The client is told the URL of its database, and takes nothing from `.env`, `DATABASE_URL` or the working directory.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout: timedelta = DEFAULT_CONNECT_TIMEOUT,
        request_timeout: timedelta = REQUEST_TIMEOUT,
        log_queries: bool = False,
    ) -> None:
        """`connect_timeout` bounds the wait for engine and database, also when the engine has to be replaced."""
        super().__init__(
            use_dotenv=False,
            log_queries=log_queries,
            datasource={"url": url},
            connect_timeout=connect_timeout,
            http=None,
        )
        self._url = url
        self._request_timeout = request_timeout

    async def connect(
        self,
        timeout: int | timedelta | UseClientDefault = USE_CLIENT_DEFAULT,  # noqa: ASYNC109 - as in the base class
    ) -> None:
        """Raises EngineConnectionError where engine or database do not answer in time; then it may be called again."""
        if self.is_connected():
            raise AlreadyConnectedError("Already connected to the query engine")
        if isinstance(timeout, UseClientDefault):  # which is another class in another package
            timeout = self._connect_timeout
        try:
            await super().connect(timeout)
        except BaseException:
            self._internal_engine = None
            raise

    def tx(
        self,
        *,
        max_wait: int | timedelta = DEFAULT_TX_MAX_WAIT,
        timeout: int | timedelta = DEFAULT_TX_TIMEOUT,
        isolation_level: IsolationLevel | None = None,
    ) -> Transaction[Prisma]:
        """`async with db.tx() as tx`: what is done through `tx` is done together or not at all."""
        client = cast("Prisma", self)
        return Transaction(client=client, max_wait=max_wait, timeout=timeout, isolation_level=isolation_level)

    def _create_engine(self, dml_path: Path | None = None) -> QueryEngine:
        return QueryEngine(
            datamodel=dml_path or self._packaged_schema_path,
            raise_request_errors=self._raise_request_errors,
            request_timeout=self._request_timeout,
            log_queries=self._log_queries,
        )

    @staticmethod
    def _raise_request_errors(response: Any, errors: list[Any]) -> NoReturn:
        """Raises an error class of the package that the client was generated into; another's is to be named there."""
        handle_response_errors(response, errors)

    def _copy(self) -> Self:
        """A client on the same engine, for use within a transaction."""
        copy = type(self)(
            self._url,
            connect_timeout=self._connect_timeout,  # type: ignore[arg-type]  # the base class has made it a timedelta
            request_timeout=self._request_timeout,
            log_queries=self._log_queries,
        )
        copy._copied = True
        copy._internal_engine = self._internal_engine
        return copy
