"""Connections between two statements: who gets them next, and when they are nobody's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
from prisma.errors import ClientNotConnectedError

from app.storage import connections
from app.storage.connection_url import without_prisma_arguments
from app.storage.connections import Connections
from tests.storage.engine.server import Server

DEADLINE_SECONDS = 15
LONG_SECONDS = 3600.0
MOST = 2
NAME = "connections of a test"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@asynccontextmanager
async def opened(server: Server) -> AsyncIterator[tuple[Connections, asyncpg.Pool[asyncpg.Record]]]:
    pool = await asyncpg.create_pool(
        without_prisma_arguments(server.url()), min_size=0, max_size=MOST, server_settings={"application_name": NAME}
    )
    of_the_pool = Connections(pool, wait_seconds=DEADLINE_SECONDS)
    try:
        yield of_the_pool, pool
    finally:
        await of_the_pool.close(seconds=DEADLINE_SECONDS)


async def backend_of(opened: Connections) -> int:
    async with opened.one() as connection:
        return int(await connection.fetchval("SELECT pg_backend_pid()"))


async def test_one_statement_after_the_other_has_the_same_connection_past_the_pool(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "AT_HAND_SECONDS", LONG_SECONDS)
    async with opened(postgres) as (ours, pool):
        assert len({await backend_of(ours) for _ in range(5)}) == 1
        assert (pool.get_size(), pool.get_idle_size()) == (1, 0)


async def test_what_nobody_needs_goes_back_to_the_pool(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "AT_HAND_SECONDS", 0)
    async with opened(postgres) as (ours, pool), asyncio.timeout(DEADLINE_SECONDS):
        for _ in range(2):  # also after it was once all given back
            await backend_of(ours)
            while pool.get_idle_size() < pool.get_size():
                await asyncio.sleep(0.001)


async def test_whoever_waits_gets_what_another_gives_back(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "AT_HAND_SECONDS", LONG_SECONDS)
    async with opened(postgres) as (ours, _), asyncio.timeout(DEADLINE_SECONDS):
        at_once = await asyncio.gather(*(backend_of(ours) for _ in range(20 * MOST)))
        assert len(set(at_once)) == MOST


async def test_one_that_breaks_off_is_used_again_only_when_its_statement_has_ended(postgres: Server) -> None:
    async with opened(postgres) as (ours, _), asyncio.timeout(DEADLINE_SECONDS):
        for _ in range(MOST):
            with pytest.raises(TimeoutError):
                async with ours.one() as connection:
                    await connection.execute("SELECT pg_sleep(3600)", timeout=0.05)
        assert len(await asyncio.gather(*(backend_of(ours) for _ in range(10)))) == 10


async def test_one_that_is_closed_while_it_is_at_hand_is_used_no_more(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "AT_HAND_SECONDS", LONG_SECONDS)
    async with opened(postgres) as (ours, pool), asyncio.timeout(DEADLINE_SECONDS):
        first = await backend_of(ours)
        await postgres.execute(f"SELECT pg_terminate_backend({first})")
        while pool.get_size():
            await asyncio.sleep(0.001)
        assert await backend_of(ours) != first


async def test_closing_ends_what_is_at_hand_and_waits_for_what_is_under_way(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "AT_HAND_SECONDS", LONG_SECONDS)
    async with opened(postgres) as (ours, pool), asyncio.timeout(DEADLINE_SECONDS):
        held, done = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            async with ours.one():
                held.set()
                await done.wait()

        holding = asyncio.create_task(hold())
        await held.wait()
        await backend_of(ours)
        closing = asyncio.create_task(ours.close(seconds=DEADLINE_SECONDS))
        while pool.get_idle_size() < 1:
            await asyncio.sleep(0.001)
        assert not closing.done()
        done.set()
        await asyncio.gather(holding, closing)
        assert pool.get_size() == 0


async def test_who_still_waits_when_it_is_closed_is_told(postgres: Server) -> None:
    async with opened(postgres) as (ours, _), asyncio.timeout(DEADLINE_SECONDS), AsyncExitStack() as held:
        for _ in range(MOST):
            await held.enter_async_context(ours.one())
        waiting = asyncio.create_task(backend_of(ours))
        await asyncio.sleep(0)
        closing = asyncio.create_task(ours.close(seconds=DEADLINE_SECONDS))
        await asyncio.sleep(0)
        await held.aclose()
        await closing
        with pytest.raises(ClientNotConnectedError):
            await waiting
