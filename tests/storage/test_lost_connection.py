"""What an error says of the statement whose connection was lost."""

from __future__ import annotations

import asyncpg
import pytest

from app.storage.lost_connection import is_lost, nothing_done


def broken_off(because: Exception | None) -> Exception:
    error = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
    error.__cause__ = because
    return error


@pytest.mark.parametrize(
    ("error", "harmless"),
    [
        (broken_off(None), False),
        (broken_off(ConnectionResetError()), False),
        (broken_off(asyncpg.CrashShutdownError("crash of another process")), False),
        (broken_off(BrokenPipeError()), True),
        (broken_off(asyncpg.AdminShutdownError("terminating connection")), True),
        (asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"), True),
        (asyncpg.InternalClientError("got result for unknown protocol state 3"), False),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"), True),
    ],
)
def test_only_what_cannot_have_been_carried_out_is_harmless(error: Exception, harmless: bool) -> None:
    assert is_lost(error, closed=True)
    assert nothing_done(error, closed=True) is harmless


def test_a_server_that_became_a_standby_is_lost_though_it_still_answers() -> None:
    assert is_lost(asyncpg.ReadOnlySQLTransactionError("read-only"), closed=False)


@pytest.mark.parametrize(
    "error", [asyncpg.UniqueViolationError("duplicate key"), asyncpg.InterfaceError("2 arguments are expected")]
)
def test_a_statement_that_is_wrong_is_not_a_connection_that_is_lost(error: Exception) -> None:
    assert not is_lost(error, closed=False)
