"""What asyncpg raises when a connection is lost, and what that says of the statement that was on it. No I/O."""

from __future__ import annotations

from typing import Final

import asyncpg

CANNOT_CONNECT: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Whatever the reason, there is no connection."""

_ENDED_IN_ORDER: Final = (asyncpg.AdminShutdownError, asyncpg.CannotConnectNowError)
_DEMOTED: Final = asyncpg.ReadOnlySQLTransactionError
"""The server has become a standby: there is another primary, which new connections lead to."""


def is_lost(error: BaseException, *, closed: bool) -> bool:
    """Whether the connection failed, not the statement. Args: closed: whether the connection is closed by now."""
    return closed or isinstance(error, (OSError, asyncpg.PostgresConnectionError, _DEMOTED))


def nothing_done(error: BaseException, *, closed: bool) -> bool:
    """Whether a statement that lost its connection was surely not carried out, nor the transaction that it was in.

    An administrator, a failover or a proxy ended the session in order, and PostgreSQL what it was at. Or the other end
    had closed it before it had all of the statement, whose last word is what commits. Or asyncpg knew before it sent
    any of it: it says "is closed", or that its state is not the one to send in.
    """
    if isinstance(error, asyncpg.PostgresConnectionError):
        return isinstance(error.__cause__, (*_ENDED_IN_ORDER, BrokenPipeError))
    if isinstance(error, asyncpg.InternalClientError):
        return str(error).startswith("cannot switch to state")
    return isinstance(error, (*_ENDED_IN_ORDER, _DEMOTED)) or (closed and isinstance(error, asyncpg.InterfaceError))
