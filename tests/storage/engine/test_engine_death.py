"""The engine dies, hangs or is told to go: what the users of the client notice of it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.storage import engine_process
from app.storage.errors import EngineUnavailableError, NoAnswerError, OutcomeUnknownError, TransactionLostError
from tests.storage.engine.conftest import DATABASE
from tests.storage.engine.process_state import has_gone, is_running, pid_of
from tests.storage.engine.server import Server

PANICKING_ENGINE = Path(__file__).parent / "panicking-engine.mjs"


@pytest.fixture
async def mortal(every_type_database: type[Any], db: Any, postgres: Server) -> AsyncIterator[Any]:
    """A client whose engine may be killed without harm to other tests."""
    client = every_type_database(postgres.url(DATABASE))
    await client.connect()
    yield client
    await client.disconnect()


class LockedUsers:
    """Holds up everybody who reads or writes users, and tells when somebody is waiting."""

    def __init__(self, postgres: Server) -> None:
        self._postgres = postgres

    async def __aenter__(self) -> LockedUsers:
        self._connection = await self._postgres.connect(DATABASE)
        await self._connection.execute('BEGIN; LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE')
        return self

    async def waiters(self, count: int) -> None:
        async with asyncio.timeout(5):
            while await self._connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < count:
                await asyncio.sleep(0.01)

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()


async def test_idle_engine_that_was_killed_is_replaced_and_nobody_notices(mortal: Any) -> None:
    first = pid_of(mortal)
    os.kill(first, signal.SIGKILL)
    await has_gone(first)
    assert await mortal.user.count() == 0
    await mortal.user.create(data={"email": "a"})
    assert pid_of(mortal) != first


async def test_write_after_an_unnoticed_death_is_not_lost(mortal: Any) -> None:
    os.kill(pid_of(mortal), signal.SIGKILL)
    try:
        await mortal.user.create(data={"email": "a"})  # sent or not, depending on who was quicker
    except OutcomeUnknownError:
        await mortal.user.upsert(where={"email": "a"}, data={"create": {"email": "a"}, "update": {}})
    assert await mortal.user.count() == 1


async def test_read_under_way_is_repeated_on_the_next_engine(mortal: Any, postgres: Server) -> None:
    async with LockedUsers(postgres) as locked:
        reading = asyncio.create_task(mortal.user.find_many())
        await locked.waiters(1)
        os.kill(pid_of(mortal), signal.SIGKILL)
    assert await reading == []


async def test_write_under_way_raises_that_its_outcome_is_unknown(mortal: Any, postgres: Server) -> None:
    async with LockedUsers(postgres) as locked:
        writing = asyncio.create_task(mortal.user.create(data={"email": "a"}))
        await locked.waiters(1)
        os.kill(pid_of(mortal), signal.SIGKILL)
        with pytest.raises(OutcomeUnknownError):
            await writing
    assert await mortal.user.count() in {0, 1}


async def test_transaction_of_a_dead_engine_raises_that_it_is_lost(mortal: Any) -> None:
    with pytest.raises(TransactionLostError):
        async with mortal.tx() as tx:
            await tx.user.create(data={"email": "a"})
            os.kill(pid_of(mortal), signal.SIGKILL)
            await tx.user.create(data={"email": "b"})
    assert await mortal.user.count() == 0
    transaction = mortal.tx()
    tx = await transaction.start()
    await tx.user.create(data={"email": "a"})
    dying = pid_of(mortal)
    os.kill(dying, signal.SIGKILL)
    while mortal._internal_engine.pid == dying:
        await asyncio.sleep(0)
    with pytest.raises(TransactionLostError):
        await transaction.commit()
    assert await mortal.user.count() == 0


async def test_engine_killed_under_load_loses_no_read_and_no_acknowledged_write(mortal: Any) -> None:
    acknowledged, unknown = set(), set()

    async def write(number: int) -> None:
        try:
            await mortal.user.create(data={"email": str(number)})
        except OutcomeUnknownError:
            unknown.add(str(number))
        else:
            acknowledged.add(str(number))

    async def read() -> None:
        for _ in range(5):
            await mortal.user.find_many(take=20)

    async def write_some(start: int) -> None:
        for number in range(start, start + 25):
            await write(number)
            if number in {103, 297}:  # in the midst
                os.kill(pid_of(mortal), signal.SIGKILL)

    await asyncio.gather(*(write_some(start) for start in range(0, 400, 25)), *(read() for _ in range(50)))
    stored = {user.email for user in await mortal.user.find_many()}
    assert len(acknowledged) + len(unknown) == 400
    assert acknowledged <= stored <= acknowledged | unknown
    assert len(unknown) < 100


async def test_engine_told_to_go_finishes_its_work_and_others_take_over(mortal: Any, postgres: Server) -> None:
    leaving = pid_of(mortal)
    async with mortal.tx() as tx:
        async with LockedUsers(postgres) as locked:
            writing = asyncio.create_task(mortal.user.create(data={"email": "a"}))
            await locked.waiters(1)
            os.kill(leaving, signal.SIGTERM)
            await mortal.category.create(data={"name": "written by the next engine"})
            assert is_running(leaving)
        assert (await writing).email == "a"
        await tx.category.create(data={"name": "in the open transaction"})
    await has_gone(leaving)
    assert await mortal.category.count() == 2
    assert pid_of(mortal) != leaving


async def test_hanging_engine_is_replaced(
    every_type_database: type[Any], db: Any, postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    client = every_type_database(postgres.url(DATABASE), request_timeout=timedelta(milliseconds=300))
    await client.connect()
    hanging = pid_of(client)
    os.kill(hanging, signal.SIGSTOP)
    with pytest.raises(NoAnswerError):
        await client.user.count()
    with pytest.raises(OutcomeUnknownError):
        await client.user.create(data={"email": "a"})
    await has_gone(hanging)
    assert await client.user.count() in {0, 1}
    assert "hangs and is replaced" in caplog.text
    await client.disconnect()


async def test_slow_request_does_not_cost_the_engine_its_life(
    every_type_database: type[Any], db: Any, postgres: Server
) -> None:
    client = every_type_database(postgres.url(DATABASE), request_timeout=timedelta(milliseconds=300))
    await client.connect()
    engine = pid_of(client)
    async with LockedUsers(postgres):
        with pytest.raises(NoAnswerError):
            await client.user.count()
    assert await client.user.count() == 0
    assert pid_of(client) == engine
    await client.disconnect()


@pytest.mark.parametrize("place", ["in the answer", "elsewhere"])
async def test_panicked_engine_is_replaced(
    every_type_database: type[Any], db: Any, postgres: Server, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(engine_process, "PROGRAM", PANICKING_ENGINE)
    client = every_type_database(postgres.url(DATABASE))
    await client.connect()
    panicking = pid_of(client)
    with pytest.raises(OutcomeUnknownError):
        await client.user.create(data={"email": f"panic {place}"})
    await has_gone(panicking)
    assert await client.user.count() == 0
    with pytest.raises(OutcomeUnknownError):  # not for ever, though it only reads
        await client.user.find_first(where={"email": f"panic {place}"})
    assert await client.user.count() == 0
    await client.disconnect()


async def test_engine_that_cannot_be_started_again_is_tried_until_it_can(
    every_type_database: type[Any], db: Any, postgres: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mjs"
    broken.write_text("console.log('I am broken'); process.exit(1)")
    client = every_type_database(postgres.url(DATABASE), connect_timeout=timedelta(seconds=1))
    await client.connect()
    with monkeypatch.context() as patched:
        patched.setattr(engine_process, "PROGRAM", broken)
        os.kill(pid_of(client), signal.SIGKILL)
        with pytest.raises(EngineUnavailableError, match="could not be started again"):
            await client.user.count()
    async with asyncio.timeout(20):
        while True:
            try:
                assert await client.user.count() == 0
                break
            except EngineUnavailableError:
                pass
    await client.disconnect()


async def test_cancelled_request_does_no_harm_to_others(mortal: Any, postgres: Server) -> None:
    async with LockedUsers(postgres) as locked:
        cancelled = [asyncio.create_task(mortal.user.find_many()) for _ in range(5)]
        kept = asyncio.create_task(mortal.user.count())
        await locked.waiters(6)
        for task in cancelled:
            task.cancel()
        assert await mortal.post.count() == 0
    assert await kept == 0
    assert await mortal.user.count() == 0


async def test_what_an_engine_prints_goes_to_the_log_and_not_to_the_terminal(
    every_type_database: type[Any], db: Any, postgres: Server, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level(logging.WARNING, logger="parley.storage.engine")
    async with every_type_database(postgres.url(DATABASE), log_queries=True) as client:
        await client.user.count()
    assert "SELECT" in caplog.text
    assert 'FROM "public"."User"' in caplog.text
    assert capfd.readouterr() == ("", "")
