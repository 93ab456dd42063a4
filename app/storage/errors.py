"""What can go wrong with storage beyond what Prisma Client Python has errors for."""

from __future__ import annotations

from typing import Any, Self

from prisma.engine.errors import EngineConnectionError
from prisma.errors import DataError, PrismaError, TransactionError


class StorageUnavailableError(PrismaError):
    """The request could not be carried out now; the same request may succeed later.

    Unless it is an OutcomeUnknownError, nothing of it was done.
    """


class DatabaseUnavailableError(StorageUnavailableError, DataError):
    """PostgreSQL cannot be reached, or has no connection to spare. `code` is Prisma's: P1001, P1017, P2037, …"""

    @classmethod
    def of(cls, code: str, message: str) -> Self:
        return cls({"user_facing_error": {"error_code": code, "message": message, "meta": {}}})


class EngineUnavailableError(StorageUnavailableError, EngineConnectionError):
    """No query engine was running, and none could be started in time."""


class TransactionLostError(StorageUnavailableError, TransactionError):
    """The interactive transaction went down with its engine; PostgreSQL has rolled it back."""


class OutcomeUnknownError(StorageUnavailableError):
    """Contact was lost after a write had been sent, which may have been committed or not: do not just repeat it."""


class NoAnswerError(StorageUnavailableError):
    """A read was not answered in time."""


NOT_REACHABLE = "P1001"
CONNECTION_CLOSED = "P1017"
NO_CONNECTION_FREE = "P2037"
DATABASE_UNAVAILABLE = frozenset(
    {NOT_REACHABLE, "P1002", "P1008", "P1011", CONNECTION_CLOSED, "P2024", NO_CONNECTION_FREE}
)
RAW_QUERY_FAILED = "P2010"
# A raw query fails with a code of its own, whatever the reason, and where that is not PostgreSQL's only words tell.
_BEGINNINGS_OF_RAW_MESSAGES = {
    "Server has closed the connection": CONNECTION_CLOSED,
    "Can't reach database server": NOT_REACHABLE,
    "Database not reachable": NOT_REACHABLE,
    "Too many DB connections": NO_CONNECTION_FREE,
}


def database_unavailable(errors: list[Any], *, repeatable: bool) -> StorageUnavailableError | None:
    """The error to raise if it is the database or the engine that failed, rather than the request.

    `errors` is what the engine answered; `repeatable` says that the request changes nothing.
    """
    for error in errors:
        user_facing = error.get("user_facing_error", {})
        code, message = _code_and_message(user_facing)
        if user_facing.get("is_panic"):
            return OutcomeUnknownError(f"The query engine panicked: {message}")
        if code == CONNECTION_CLOSED and not repeatable:
            return OutcomeUnknownError(message)
        if code in DATABASE_UNAVAILABLE:
            return DatabaseUnavailableError(
                {"user_facing_error": {**user_facing, "error_code": code, "message": message}}
            )
    return None


def _code_and_message(user_facing: dict[str, Any]) -> tuple[str | None, str]:
    code, message, meta = user_facing.get("error_code"), user_facing.get("message", ""), user_facing.get("meta") or {}
    if code == RAW_QUERY_FAILED and meta.get("code") == "N/A":
        for beginning, known in _BEGINNINGS_OF_RAW_MESSAGES.items():
            if meta.get("message", "").startswith(beginning):
                return known, meta["message"]
    return code, message
