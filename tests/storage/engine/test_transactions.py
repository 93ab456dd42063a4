"""Interactive transactions: together or not at all, in time, apart from each other."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.storage.engine.conftest import DATABASE
from tests.storage.engine.server import Server


class GivenUpError(Exception):
    pass


async def open_transactions(postgres: Server) -> int:
    connection = await postgres.connect()
    count = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state LIKE 'idle in transaction%'", DATABASE
    )
    await connection.close()
    return int(count)


async def becomes(expected: int, count: Any, *arguments: Any, within_seconds: float = 5) -> None:
    async with asyncio.timeout(within_seconds):
        while await count(*arguments) != expected:
            await asyncio.sleep(0.02)


async def test_what_a_transaction_did_is_there_after_it_and_not_before(db: Any) -> None:
    async with db.tx() as tx:
        await tx.user.create(data={"email": "a", "posts": {"create": [{"title": "one"}]}})
        assert await tx.user.count() == 1
        assert await db.user.count() == 0
    assert await db.post.count() == 1


async def test_exception_undoes_all_of_a_transaction(db: Any, postgres: Server) -> None:
    with pytest.raises(GivenUpError):
        async with db.tx() as tx:
            await tx.user.create(data={"email": "a"})
            await tx.execute_raw('INSERT INTO "User" (email) VALUES ($1)', "b")
            raise GivenUpError
    assert await db.user.count() == 0
    assert await open_transactions(postgres) == 0


async def test_error_within_a_transaction_undoes_it(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.UniqueViolationError):
        async with db.tx() as tx:
            await tx.user.create(data={"email": "a"})
            await tx.user.create(data={"email": "a"})
    assert await db.user.count() == 0


async def test_transaction_that_takes_too_long_is_undone_and_says_so(
    db: Any, every_type: Any, postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(every_type.errors.TransactionExpiredError):
        async with db.tx(timeout=timedelta(milliseconds=150)) as tx:
            await tx.user.create(data={"email": "a"})
            await becomes(0, open_transactions, postgres)
            await tx.user.create(data={"email": "b"})
    assert await db.user.count() == 0


async def test_isolation_level_is_the_one_asked_for(db: Any) -> None:
    for level, name in (
        ("Serializable", "serializable"),
        ("RepeatableRead", "repeatable read"),
        (None, "read committed"),
    ):
        async with db.tx(isolation_level=level) as tx:
            assert await tx.query_first("SELECT current_setting('transaction_isolation') AS level") == {"level": name}


async def test_of_two_serializable_transactions_in_conflict_one_fails_and_may_be_repeated(
    db: Any, every_type: Any
) -> None:
    await db.user.create_many(data=[{"email": "a"}, {"email": "b"}])
    both_have_read = asyncio.Barrier(2)

    async def add_the_ages(email: str) -> None:
        async with db.tx(isolation_level="Serializable") as tx:
            ages = sum(user.age for user in await tx.user.find_many())
            await both_have_read.wait()
            await tx.user.update(where={"email": email}, data={"age": ages + 1})

    outcomes = await asyncio.gather(add_the_ages("a"), add_the_ages("b"), return_exceptions=True)
    failures = [outcome for outcome in outcomes if outcome is not None]
    assert len(failures) == 1
    assert isinstance(failures[0], every_type.errors.PrismaError)
    assert "write conflict or a deadlock" in str(failures[0])
    assert sorted(user.age for user in await db.user.find_many()) == [0, 1]


async def test_deadlock_ends_one_of_two_transactions(db: Any, every_type: Any) -> None:
    await db.user.create_many(data=[{"email": "a"}, {"email": "b"}])
    both_hold_one = asyncio.Barrier(2)

    async def update(first: str, second: str) -> None:
        async with db.tx() as tx:
            await tx.user.update(where={"email": first}, data={"age": 1})
            await both_hold_one.wait()
            await tx.user.update(where={"email": second}, data={"age": 1})

    outcomes = await asyncio.gather(update("a", "b"), update("b", "a"), return_exceptions=True)
    assert sorted(type(outcome).__name__ == "NoneType" for outcome in outcomes) == [False, True]


async def test_queries_at_the_same_time_within_one_transaction_all_count(db: Any) -> None:
    async with db.tx() as tx:
        await asyncio.gather(*(tx.user.create(data={"email": str(number)}) for number in range(20)))
    assert await db.user.count() == 20


async def test_transaction_waits_for_a_connection_only_as_long_as_it_was_told_to(
    every_type_database: type[Any], every_type: Any, db: Any, postgres: Server
) -> None:
    async with every_type_database(postgres.url(DATABASE, connection_limit=1, pool_timeout=5)) as small:
        async with small.tx() as tx:
            await tx.user.create(data={"email": "a"})
            with pytest.raises(
                every_type.errors.TransactionError, match="Unable to start a transaction in the given time"
            ):
                await small.tx(max_wait=timedelta(milliseconds=100)).start()
        async with small.tx() as tx:  # the connection that came too late was given back
            assert await tx.user.count() == 1


async def test_cancelled_start_of_a_transaction_leaves_no_connection_behind(
    every_type_database: type[Any], db: Any, postgres: Server
) -> None:
    async with every_type_database(postgres.url(DATABASE, connection_limit=1, pool_timeout=5)) as small:
        async with small.tx():
            waiting = asyncio.create_task(
                small.tx(max_wait=timedelta(seconds=5), timeout=timedelta(seconds=60)).start()
            )
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with asyncio.timeout(5):
            assert await small.user.count() == 0


async def test_cancelled_transaction_is_undone(db: Any, postgres: Server) -> None:
    inside = asyncio.Event()

    async def transaction() -> None:
        async with db.tx() as tx:
            await tx.user.create(data={"email": "a"})
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(transaction())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await db.user.count() == 0
    assert await open_transactions(postgres) == 0


async def test_transaction_cannot_be_used_after_its_end(db: Any, every_type: Any) -> None:
    async with db.tx() as tx:
        await tx.user.create(data={"email": "a"})
    with pytest.raises(every_type.errors.TransactionError):
        await tx.user.create(data={"email": "b"})


async def test_transaction_inside_a_transaction_is_warned_of(db: Any) -> None:
    async with db.tx() as tx:
        with pytest.warns(UserWarning, match="a second transaction beside"):
            other = tx.tx()
            await other.start()
        await other.rollback()
