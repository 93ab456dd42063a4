"""A connection URL, as Prisma's documentation has it, for clients that are not Prisma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

DEFAULT_CONNECTIONS: Final = 10
DEFAULT_WAIT_SECONDS: Final = 10.0

_LIMIT: Final = "connection_limit"
_PRISMA_ONLY: Final = frozenset(
    {
        _LIMIT,
        "pool_timeout",
        "connect_timeout",
        "socket_timeout",
        "max_connection_lifetime",
        "max_idle_connection_lifetime",
        "pgbouncer",
        "statement_cache_size",
        "sslaccept",
        "sslidentity",
        "uselibpqcompat",
    }
)
"""https://www.prisma.io/docs/orm/overview/databases/postgresql#arguments; PostgreSQL refuses what it does not know."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Args:
    statements: how many connections there may be for statements in SQL,
    engine: and for the query engine; together `connection_limit`, but each has one at least.
    wait_seconds: how long one waits for a connection to be free.
    keeps_session: whether a connection is one session; behind PgBouncer each statement may have another.
    prepares: whether statements are prepared.
    """

    statements: int
    engine: int
    wait_seconds: float
    keeps_session: bool
    prepares: bool


def connection_limits(url: str) -> ConnectionLimits:
    """As the URL says, or the defaults.

    Raises:
        ValueError: an argument that has to be a number is none.
    """
    given = dict(parse_qsl(urlsplit(url).query))
    connections = int(given.get(_LIMIT, DEFAULT_CONNECTIONS))
    engine = max(1, connections // 5)  # it has one record to write now and then
    keeps_session = given.get("pgbouncer") != "true"
    return ConnectionLimits(
        statements=max(1, connections - engine),
        engine=engine,
        wait_seconds=float(given.get("pool_timeout", given.get("connect_timeout", DEFAULT_WAIT_SECONDS))),
        keeps_session=keeps_session,
        prepares=keeps_session and given.get("statement_cache_size") != "0",
    )


def with_connection_limit(url: str, connections: int) -> str:
    """The same for Prisma, with another `connection_limit`."""
    parts = urlsplit(url)
    others = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != _LIMIT]
    return _with_arguments(url, [*others, (_LIMIT, str(connections))])


def without_prisma_arguments(url: str) -> str:
    """The same database for asyncpg: `schema` becomes the `search_path`, what only Prisma understands goes.

    A `host` among the arguments is in place of the one before them, which asyncpg would rather have.
    """
    parts = urlsplit(url)
    arguments: list[tuple[str, str]] = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name == "schema":
            arguments.append(("search_path", '"' + value.replace('"', '""') + '"'))
        elif name not in _PRISMA_ONLY:
            arguments.append((name, value))
        if name == "host" and parts.hostname:
            user, at, _ = parts.netloc.rpartition("@")
            if parts.port:
                arguments.append(("port", str(parts.port)))
            parts = parts._replace(netloc=user + at)
    return _with_arguments(urlunsplit(parts), arguments)


def _with_arguments(url: str, arguments: list[tuple[str, str]]) -> str:
    return urlunsplit(urlsplit(url)._replace(query=urlencode(arguments, quote_via=quote)))
