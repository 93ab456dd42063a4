"""The schema of this release, applied at start: once, by whoever comes first."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.storage.migrate import MIGRATIONS, MigrationError, migrate_deploy, pending_migrations
from tests.storage.cli.project import Project

RELEASED = sorted(path.parent.name for path in MIGRATIONS.glob("*/migration.sql"))
BROKEN = "90000000000000_broken"
_numbers = count(1)


@pytest.fixture
def missing(postgres: str) -> str:
    """The URL of a database that is not there yet."""
    return urlsplit(postgres)._replace(path=f"/migrate_{next(_numbers)}").geturl()


@pytest.fixture
async def empty(postgres: str, missing: str) -> str:
    await sql(postgres, f"CREATE DATABASE {urlsplit(missing).path[1:]}")
    return missing


@pytest.fixture
async def migrated(postgres: str, template: str, missing: str) -> AsyncIterator[str]:
    name = urlsplit(missing).path[1:]
    await sql(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield missing
    await sql(postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def sql(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def test_a_missing_database_is_made_and_migrated(missing: str) -> None:
    assert await pending_migrations(missing) == RELEASED
    assert await migrate_deploy(missing) == RELEASED
    assert await pending_migrations(missing) == []


async def test_a_database_that_is_up_to_date_costs_next_to_nothing(migrated: str) -> None:
    started = time.monotonic()
    assert await migrate_deploy(migrated) == []
    assert time.monotonic() - started < 0.5, "the command line would have taken longer"


async def test_of_many_instances_one_migrates_and_all_start(empty: str) -> None:
    applied = await asyncio.gather(*(migrate_deploy(empty) for _ in range(4)))
    assert sorted(applied) == [[], [], [], RELEASED]
    assert await pending_migrations(empty) == []


async def test_a_failed_migration_is_told_in_one_line(migrated: str, folder: Path) -> None:
    project = Project(folder)
    project.add_migration(BROKEN, "ALTER TABLE nowhere ADD COLUMN x int")
    with pytest.raises(MigrationError, match=f'P3018: .*Migration name: {BROKEN} .*relation "nowhere"') as failed:
        await migrate_deploy(migrated, folder / "migrations")
    assert failed.value.code == "P3018"
    assert "\n" not in str(failed.value)

    assert await pending_migrations(migrated, folder / "migrations") == [BROKEN]
    with pytest.raises(MigrationError, match="P3009") as blocked:
        await migrate_deploy(migrated, folder / "migrations")
    assert blocked.value.code == "P3009"


async def test_a_cancelled_start_lets_the_migration_finish(migrated: str, folder: Path) -> None:
    project = Project(folder)
    project.add_migration("90000000000000_slow", "SELECT pg_sleep(1)")
    deploying = asyncio.create_task(migrate_deploy(migrated, folder / "migrations"))
    begun = "SELECT 1 FROM _prisma_migrations WHERE migration_name LIKE '%slow'"
    async with asyncio.timeout(30):
        while not await sql(migrated, begun):
            await asyncio.sleep(0.05)
    deploying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deploying
    assert await pending_migrations(migrated, folder / "migrations") == []


async def test_a_database_that_is_away_is_told_in_one_line() -> None:
    for ask in (pending_migrations, migrate_deploy):
        with pytest.raises(MigrationError, match=r"^the database is not reachable: [^\n]+$"):
            await ask("postgresql://somebody@127.0.0.1:1/parley")
        with pytest.raises(MigrationError, match=r"^the database is not reachable: [^\n]+$"):
            await ask("no URL at all")


async def refused(url: str, statement: str) -> str:
    """The name of the rule that refuses the statement."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
        await sql(url, statement)
    return str(error.value.constraint_name)


CONVERSATION = "INSERT INTO conversations (id, owner) VALUES (gen_random_uuid(), 'me') RETURNING id"
MESSAGE = "INSERT INTO messages (id, conversation_id, parent_id, depth, seq, role, status) VALUES"


async def test_what_no_bug_may_write_is_refused(migrated: str) -> None:
    conversation = (await sql(migrated, CONVERSATION))[0]["id"]
    turn = f"INSERT INTO turns (id, conversation_id, owner, state) VALUES (gen_random_uuid(), '{conversation}', 'me', "
    await sql(migrated, f"{turn} 'RUNNING')")
    await sql(migrated, f"{turn} 'ENDED')")
    assert await refused(migrated, f"{turn} 'RUNNING')") == "one_running_turn"

    def message(parent: str, depth: int, seq: int = 0) -> str:
        return f"{MESSAGE} (gen_random_uuid(), '{conversation}', {parent}, {depth}, {seq}, 'USER', 'COMPLETE')"

    await sql(migrated, message("NULL", 0))
    assert await refused(migrated, message("NULL", 1)) == "messages_root_check"
    assert await refused(migrated, message("gen_random_uuid()", 0)) == "messages_root_check"
    assert await refused(migrated, message("gen_random_uuid()", -1)) == "messages_depth_check"
    assert await refused(migrated, message("NULL", 0, -1)) == "messages_seq_check"
    assert await refused(migrated, "INSERT INTO deltas VALUES (gen_random_uuid(), 0)") == "deltas_seq_check"


async def test_whether_a_conversation_is_busy_is_answered_by_an_index_alone(migrated: str) -> None:
    connection = await asyncpg.connect(migrated)
    try:
        await connection.execute("SET enable_seqscan = off")
        plan = "\n".join(
            row[0]
            for row in await connection.fetch(
                "EXPLAIN SELECT id, status FROM messages WHERE conversation_id = gen_random_uuid() "
                "AND status IN ('QUEUED', 'STREAMING')"
            )
        )
    finally:
        await connection.close()
    assert re.search(r"(Index Only|Bitmap Index) Scan .*messages_unfinished_conversation_id_idx", plan), plan


async def test_a_lease_is_renewed_without_a_touch_of_any_index(migrated: str) -> None:
    connection = await asyncpg.connect(migrated)
    try:
        await connection.execute(
            "INSERT INTO writers SELECT gen_random_uuid(), now(), now() FROM generate_series(1, 9)"
        )
        for _ in range(5):
            await connection.execute("UPDATE writers SET lease_until = now() + interval '9 s'")
        await connection.execute("SELECT pg_stat_force_next_flush()")
        updates = await connection.fetchrow(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'writers'"
        )
    finally:
        await connection.close()
    assert tuple(updates or ()) == (45, 45)
