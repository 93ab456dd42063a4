"""Many at once, more than there are connections."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.storage.errors import DatabaseUnavailableError
from tests.storage.engine.conftest import DATABASE
from tests.storage.engine.server import Server


async def test_hundreds_of_requests_at_once_are_all_answered_with_their_own_answer(db: Any) -> None:
    users = await asyncio.gather(*(db.user.create(data={"email": str(n), "age": n}) for n in range(400)))
    assert [user.age for user in users] == list(range(400))
    found = await asyncio.gather(*(db.user.find_unique(where={"email": str(n)}) for n in range(400)))
    assert [user.age for user in found] == list(range(400))


async def test_two_connections_serve_hundreds_of_requests_and_transactions(
    every_type_database: type[Any], db: Any, postgres: Server
) -> None:
    async with every_type_database(postgres.url(DATABASE, connection_limit=2)) as small:

        async def transaction(number: int) -> None:
            async with small.tx(max_wait=timedelta(seconds=20), timeout=timedelta(seconds=20)) as tx:
                await tx.user.create(data={"email": str(number)})
                await tx.user.update(where={"email": str(number)}, data={"age": number})

        await asyncio.gather(*(transaction(n) for n in range(50)), *(small.user.count() for _ in range(300)))
        assert await small.user.count() == 50


async def test_exhausted_pool_is_an_error_that_says_so_and_passes(
    every_type_database: type[Any], db: Any, postgres: Server
) -> None:
    async with every_type_database(postgres.url(DATABASE, connection_limit=1, pool_timeout=1)) as small:
        async with small.tx():
            with pytest.raises(DatabaseUnavailableError, match="Too many database connections") as caught:
                await small.user.count()
            assert caught.value.code == "P2037"
            with pytest.raises(DatabaseUnavailableError, match="Too many DB connections") as caught:
                await small.query_raw("SELECT 1")
            assert caught.value.code == "P2037"
        assert await small.user.count() == 0


async def test_big_and_small_requests_share_the_channel(db: Any) -> None:
    big = "ü" * 5_000_000
    answers = await asyncio.gather(
        db.query_first("SELECT $1::text AS text", big),
        *(db.query_first("SELECT $1::int AS number", n) for n in range(50)),
        db.query_first("SELECT $1::text AS text", big + "!"),
    )
    assert answers[0] == {"text": big}
    assert answers[1:-1] == [{"number": n} for n in range(50)]
    assert answers[-1] == {"text": big + "!"}
