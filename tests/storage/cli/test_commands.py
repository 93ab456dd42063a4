"""Each command of Prisma's, on the embedded database and on one that DATABASE_URL names."""

from __future__ import annotations

from pathlib import Path

from tests.storage.cli.project import Project

SCHEMA = "--schema schema.prisma"
BROKEN = "CREATE TABLE half (id int);\nALTER TABLE nowhere ADD COLUMN x int;"


def test_migrations_are_reported_and_deployed_and_then_there_is_nothing_to_do(embedded: Project) -> None:
    pending = embedded.prisma("migrate status")
    assert pending.status == 1
    assert f"not yet been applied:\n{embedded.migrations[0]}" in pending.output

    deployed = embedded.prisma("migrate deploy")
    assert (deployed.status, "All migrations have been successfully applied" in deployed.output) == (0, True)

    status = embedded.prisma("migrate status")
    assert (status.status, "Database schema is up to date!" in status.output) == (0, True)

    # What the migrations say by hand is no drift: there is nothing to generate, and nothing is reset.
    developed = embedded.prisma("migrate dev --skip-generate")
    assert (developed.status, "Already in sync" in developed.output) == (0, True), developed.output


def test_a_database_that_is_missing_is_reported_and_then_made(exported: Project) -> None:
    status = exported.prisma("migrate status")
    assert (status.status, "P1003: Database `cli_" in status.output) == (1, True), status.output
    executed = exported.prisma(f"db execute {SCHEMA} --stdin", "SELECT 1")
    assert (executed.status, "P1003" in executed.output) == (1, True), executed.output

    deployed = exported.prisma("migrate deploy")
    assert (deployed.status, exported.migrations[0] in deployed.output) == (0, True), deployed.output
    again = exported.prisma("migrate deploy")
    assert (again.status, "No pending migrations to apply" in again.output) == (0, True), again.output


def test_a_change_of_the_schema_becomes_a_migration(embedded: Project) -> None:
    text = embedded.schema.read_text()
    embedded.schema.write_text(text.replace("  title         String?\n", "  title         String?\n  note String?\n"))

    created = embedded.prisma("migrate dev --name add_note --skip-generate --create-only")
    assert created.status == 0, created.output
    (script,) = embedded.directory.glob("migrations/*_add_note/migration.sql")
    assert script.read_text() == '-- AlterTable\nALTER TABLE "conversations" ADD COLUMN     "note" TEXT;\n'

    applied = embedded.prisma("migrate dev --skip-generate")
    assert (applied.status, "_add_note" in applied.output) == (0, True), applied.output

    differs = "migrate diff --from-schema-datasource schema.prisma --to-schema-datamodel schema.prisma --exit-code"
    assert embedded.prisma(differs).status == 0
    embedded.schema.write_text(text)
    assert embedded.prisma(differs).status == 2

    reset = embedded.prisma("migrate reset --force --skip-generate")
    assert (reset.status, "_add_note" in reset.output) == (0, True), reset.output


def test_tables_are_pushed_filled_and_pulled(project: Project) -> None:
    pushed = project.prisma("db push --skip-generate")
    assert (pushed.status, "in sync with your Prisma schema" in pushed.output) == (0, True), pushed.output

    executed = project.prisma(
        f"db execute {SCHEMA} --stdin", "CREATE TABLE visitors (id int PRIMARY KEY, name text NOT NULL);"
    )
    assert (executed.status, "Script executed successfully" in executed.output) == (0, True), executed.output

    pulled = project.prisma("db pull --print")
    assert pulled.status == 0
    assert "model visitors {\n  id   Int    @id\n  name String\n}" in pulled.output

    assert "visitors" not in project.schema.read_text()
    refused = project.prisma(f"db execute {SCHEMA} --stdin", "INSERT INTO visitors VALUES (1, 'a'), (1, 'b');")
    assert (refused.status, "Unique constraint failed on the fields: (`id`)" in refused.output) == (1, True), (
        refused.output
    )


def test_a_failed_migration_is_explained_and_resolved_as_rolled_back(exported: Project) -> None:
    exported.add_migration("90000000000000_broken", BROKEN)

    failed = exported.prisma("migrate deploy")
    assert failed.status == 1
    assert "Error: P3018" in failed.output
    assert "Migration name: 90000000000000_broken" in failed.output
    assert "Database error code: 42P01" in failed.output
    assert 'relation "nowhere" does not exist' in failed.output

    blocked = exported.prisma("migrate deploy")
    assert (blocked.status, "P3009" in blocked.output) == (1, True), blocked.output

    resolved = exported.prisma("migrate resolve --rolled-back 90000000000000_broken")
    assert (resolved.status, "marked as rolled back" in resolved.output) == (0, True), resolved.output

    exported.add_migration("90000000000000_broken", "CREATE TABLE half (id int);")
    assert exported.prisma("migrate deploy").status == 0


def test_a_migration_done_by_hand_is_resolved_as_applied(embedded: Project) -> None:
    embedded.add_migration("90000000000000_broken", BROKEN)
    assert embedded.prisma("migrate deploy").status == 1

    resolved = embedded.prisma("migrate resolve --applied 90000000000000_broken")
    assert (resolved.status, "marked as applied" in resolved.output) == (0, True), resolved.output
    assert embedded.prisma("migrate status").status == 0


def test_commands_that_need_no_database_start_none(embedded: Project) -> None:
    embedded.schema.write_text(
        embedded.schema.read_text().replace("generator client {", 'generator client {\n  output = "generated/client"')
    )
    assert embedded.prisma("validate").status == 0
    assert embedded.prisma("format").status == 0
    assert '  output               = "generated/client"\n' in embedded.schema.read_text(), "aligned"
    generated = embedded.prisma("generate")
    assert generated.status == 0, generated.output
    assert (embedded.directory / "generated/client/models.py").exists()
    assert "schema-engine-cli c2990dca591cba766e3b7ef5d9e8a84796e47ab7" in embedded.prisma("--version").output
    assert not (embedded.directory / ".parley").exists()


def test_the_settings_in_env_are_honoured(embedded: Project, postgres: str) -> None:
    dotenv = embedded.directory / ".env"

    dotenv.write_text("PARLEY_DATA_DIR='elsewhere/my data'\n")
    embedded.environment["DATABASE_URL"] = ""  # is as good as unset
    assert embedded.prisma("migrate deploy").status == 0
    assert (embedded.directory / "elsewhere/my data/postgres/PG_VERSION").exists()
    assert not (embedded.directory / ".parley").exists()

    dotenv.write_text(f"DATABASE_URL='{postgres}'\nPARLEY_DATA_DIR=nowhere\n")
    del embedded.environment["DATABASE_URL"]
    assert embedded.prisma(f"db execute {SCHEMA} --stdin", "SELECT 1").status == 0
    assert not Path(embedded.directory, "nowhere").exists()
