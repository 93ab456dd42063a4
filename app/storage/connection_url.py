"""A connection URL, as Prisma's documentation has it, for clients that are not Prisma."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

_PRISMA_ONLY = frozenset(
    {
        "connection_limit",
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


def without_prisma_arguments(url: str) -> str:
    """The same database for asyncpg: `schema` becomes the `search_path`, what only Prisma understands goes."""
    parts = urlsplit(url)
    arguments: list[tuple[str, str]] = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name == "schema":
            arguments.append(("search_path", '"' + value.replace('"', '""') + '"'))
        elif name not in _PRISMA_ONLY:
            arguments.append((name, value))
    return urlunsplit(parts._replace(query=urlencode(arguments, quote_via=quote)))
