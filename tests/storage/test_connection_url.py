"""One DATABASE_URL for Prisma and for asyncpg."""

from __future__ import annotations

import asyncpg
import pytest

from app.storage.connection_url import connection_limits, with_connection_limit, without_prisma_arguments


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40@h:5433/d", "postgresql://u:p%40@h:5433/d"),
        ("postgresql://u@h/d?connection_limit=5&sslmode=require&pgbouncer=true", "postgresql://u@h/d?sslmode=require"),
        ("postgresql://postgres@%2Fa%20b/parley", "postgresql://postgres@%2Fa%20b/parley"),
        ("postgresql://u@/d?host=/a%20b&pool_timeout=3", "postgresql://u@/d?host=%2Fa%20b"),
        ("postgresql://u:p@h:5433/d?host=/s", "postgresql://u:p@/d?host=%2Fs&port=5433"),
        ("postgresql://u@h/d?schema=a%22b%20c", "postgresql://u@h/d?search_path=%22a%22%22b%20c%22"),
    ],
)
def test_what_only_prisma_understands_goes(url: str, expected: str) -> None:
    assert without_prisma_arguments(url) == expected


async def test_asyncpg_works_in_the_schema_that_the_url_names(postgres: str) -> None:
    connection = await asyncpg.connect(without_prisma_arguments(f"{postgres}?schema=two%20words&connection_limit=1"))
    try:
        assert await connection.fetchval("SHOW search_path") == '"two words"'
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("given", "statements", "engine"),
    [("", 8, 2), ("?connection_limit=20", 16, 4), ("?connection_limit=2", 1, 1), ("?connection_limit=1", 1, 1)],
)
def test_statements_and_engine_share_the_connections(given: str, statements: int, engine: int) -> None:
    limits = connection_limits(f"postgresql://h/d{given}")
    assert (limits.statements, limits.engine) == (statements, engine)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("", 10), ("?connect_timeout=3", 3), ("?connect_timeout=3&pool_timeout=2.5", 2.5), ("?pool_timeout=0", None)],
)
def test_who_waits_for_a_connection_waits_as_long_as_the_url_says(given: str, seconds: float | None) -> None:
    assert connection_limits(f"postgresql://h/d{given}").wait_seconds == seconds


def test_a_limit_that_is_no_number_is_told() -> None:
    with pytest.raises(ValueError, match="many"):
        connection_limits("postgresql://h/d?connection_limit=many")


def test_the_engine_gets_its_share_by_the_url_with_all_else_as_it_was() -> None:
    url = "postgresql://u:p%40@h:5433/d?schema=two%20words&connection_limit=10&sslmode=require"
    expected = "postgresql://u:p%40@h:5433/d?schema=two%20words&sslmode=require&connection_limit=2"
    assert with_connection_limit(url, 2) == expected
