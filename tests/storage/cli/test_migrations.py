"""What migrations may contain and meet."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from tests.storage.cli.project import Project, finish

FUNCTIONS = """
CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.n := OLD.n + 1; -- a semicolon; and another;
  RETURN NEW;
END;
$$;
CREATE TRIGGER count_up BEFORE UPDATE ON counters FOR EACH ROW EXECUTE FUNCTION count_up();
INSERT INTO counters VALUES (1), (2);
UPDATE counters SET id = id WHERE id = 1;
"""


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def shadow_databases(url: str) -> list[str]:
    async with connected(urlsplit(url)._replace(path="/postgres").geturl()) as connection:
        rows = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'prisma_migrate_shadow%'")
    return [row["datname"] for row in rows]


async def test_functions_and_triggers_are_not_cut_at_their_semicolons(exported: Project) -> None:
    exported.add_migration("90000000000000_functions", FUNCTIONS)
    deployed = exported.prisma("migrate deploy")
    assert deployed.status == 0, deployed.output
    async with connected(exported.environment["DATABASE_URL"]) as connection:
        assert await connection.fetchval("SELECT array_agg(n ORDER BY id) FROM counters") == [1, 0]


async def test_drift_is_noticed_and_nothing_is_lost(exported: Project) -> None:
    url = exported.environment["DATABASE_URL"]
    assert exported.prisma("migrate deploy").status == 0
    async with connected(url) as connection:
        await connection.execute("ALTER TABLE writers ADD COLUMN made_by_hand int")

    developed = exported.prisma("migrate dev --skip-generate")
    assert developed.status != 0
    assert "Drift detected" in developed.output, developed.output
    assert "made_by_hand" in developed.output
    async with connected(url) as connection:
        await connection.fetch("SELECT made_by_hand FROM writers")
    assert await shadow_databases(url) == []


async def test_two_deploys_at_once_into_a_missing_database_both_succeed(exported: Project) -> None:
    deploys = [finish(process) for process in [exported.start("migrate deploy") for _ in range(2)]]
    assert [done.status for done in deploys] == [0, 0], deploys
    async with connected(exported.environment["DATABASE_URL"]) as connection:
        applied = [row["migration_name"] for row in await connection.fetch("SELECT * FROM _prisma_migrations")]
    assert sorted(applied) == exported.migrations, "each once"


async def test_the_schema_argument_of_the_url_says_where_tables_go(exported: Project) -> None:
    url = exported.environment["DATABASE_URL"]
    exported.environment["DATABASE_URL"] = f"{url}?schema=two%20words"
    deployed = exported.prisma("migrate deploy")
    assert deployed.status == 0, deployed.output
    async with connected(url) as connection:
        schemas = await connection.fetch("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'messages'")
    assert [row["schemaname"] for row in schemas] == ["two words"]


async def test_a_shadow_database_that_is_named_is_emptied_and_used(
    exported: Project, new_database: Callable[[], str]
) -> None:
    shadow = new_database()
    async with connected(urlsplit(shadow)._replace(path="/postgres").geturl()) as connection:
        await connection.execute(f"CREATE DATABASE {urlsplit(shadow).path[1:]}")
    async with connected(shadow) as connection:
        await connection.execute("CREATE TABLE left_over (id int); CREATE SCHEMA other")
    exported.environment["SHADOW_DATABASE_URL"] = shadow

    developed = exported.prisma("migrate dev --skip-generate")
    assert (developed.status, "now in sync with your schema" in developed.output) == (0, True), developed.output
    async with connected(shadow) as connection:
        tables = {row["tablename"] for row in await connection.fetch("SELECT tablename FROM pg_tables")}
    assert "messages" in tables
    assert "left_over" not in tables

    exported.environment["SHADOW_DATABASE_URL"] = exported.environment["DATABASE_URL"]
    refused = exported.prisma("migrate dev --skip-generate")
    assert (refused.status, "P3014" in refused.output) == (1, True), refused.output
    async with connected(exported.environment["DATABASE_URL"]) as connection:
        assert await connection.fetchval("SELECT count(*) FROM messages") == 0


async def test_two_live_databases_are_compared_with_each_other(
    exported: Project, new_database: Callable[[], str]
) -> None:
    one, other = exported.environment["DATABASE_URL"], new_database()
    async with connected(urlsplit(one)._replace(path="/postgres").geturl()) as connection:
        for url in (one, other):
            await connection.execute(f"CREATE DATABASE {urlsplit(url).path[1:]}")
    async with connected(one) as connection:
        await connection.execute("CREATE TABLE a (id int PRIMARY KEY)")
    async with connected(other) as connection:
        await connection.execute("CREATE TABLE a (id int PRIMARY KEY, added text)")

    compared = exported.prisma(f"migrate diff --from-url '{one}' --to-url '{other}' --script --exit-code")
    assert compared.status == 2, compared.output
    assert 'ALTER TABLE "public"."a" ADD COLUMN     "added" TEXT;' in compared.output
    assert await shadow_databases(one) == []


def test_the_migrations_say_what_the_schema_says(exported: Project, postgres: str) -> None:
    exported.environment["DATABASE_URL"] = postgres  # only its server is used, for a shadow database
    between = "migrate diff --from-migrations migrations --to-schema-datamodel schema.prisma --exit-code"
    compared = exported.prisma(between)
    assert (compared.status, "No difference detected" in compared.output) == (0, True), compared.output
