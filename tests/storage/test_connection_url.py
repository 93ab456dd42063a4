"""One DATABASE_URL for Prisma and for asyncpg."""

from __future__ import annotations

import asyncpg
import pytest

from app.storage.connection_url import without_prisma_arguments


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
