"""What goes wrong is said, ends with a status that says so too, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import asyncpg
import psutil

from app.storage.embedded import EmbeddedPostgres
from tests.storage.cli.project import ENGINE, Project, finish
from tests.storage.processes import none_left, processes_of


def test_a_server_that_is_away_is_named(exported: Project) -> None:
    exported.environment["DATABASE_URL"] = "postgresql://somebody@127.0.0.1:1/parley"
    deployed = exported.prisma("migrate deploy")
    assert deployed.status == 1
    assert "P1001: Can't reach database server at `127.0.0.1:1`" in deployed.output


def test_an_engine_that_is_killed_while_it_is_asked_fails_the_command(exported: Project, postgres: str) -> None:
    exported.environment["DATABASE_URL"] = postgres
    exported.environment["PRISMA_SCHEMA_ENGINE_BINARY"] = str(Path(__file__).with_name("dying-engine.mjs"))
    exported.environment["REAL_SCHEMA_ENGINE"] = str(exported.directory / ENGINE / "schema-engine.mjs")
    status = exported.prisma("migrate status")
    assert status.status != 0, status.output
    assert "the schema engine" in status.output.lower()


def test_an_engine_that_panics_fails_the_command(exported: Project, postgres: str) -> None:
    exported.environment["DATABASE_URL"] = postgres
    exported.environment["FORCE_PANIC_SCHEMA_ENGINE"] = "1"
    status = exported.prisma("migrate status")
    assert status.status != 0, status.output
    assert "The schema engine panicked" in status.output


def test_an_embedded_database_that_does_not_start_is_explained_in_one_line(embedded: Project) -> None:
    cluster = embedded.directory / ".parley/postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    deployed = embedded.prisma("migrate deploy")
    assert deployed.status == 1
    assert deployed.output.startswith(f"parley: {cluster} was made by PostgreSQL 16, this is 18: "), deployed.output
    assert deployed.output.count("\n") == 1


async def test_a_running_server_keeps_the_database_that_a_command_used(embedded: Project) -> None:
    async with EmbeddedPostgres(embedded.directory / ".parley") as url:
        connection = await asyncpg.connect(url)
        executed = embedded.prisma("db execute --schema schema.prisma --stdin", "CREATE TABLE made_meanwhile ()")
        assert executed.status == 0, executed.output
        assert await connection.fetch("SELECT * FROM made_meanwhile") == []
        await connection.close()
    assert none_left(embedded.directory)


def test_a_command_that_is_killed_leaves_nothing_behind(embedded: Project) -> None:
    command = waiting(embedded)
    for process in processes_of(embedded.directory):
        if "node" in process.name() or "prisma" in process.name():
            process.kill()
    command.kill()
    assert none_left(embedded.directory), processes_of(embedded.directory)
    finish(command)


def test_ctrl_c_ends_a_command_and_its_database(embedded: Project) -> None:
    command = waiting(embedded)
    os.killpg(command.pid, signal.SIGINT)
    assert finish(command).status != 0
    assert none_left(embedded.directory), processes_of(embedded.directory)


def waiting(project: Project) -> subprocess.Popen[str]:
    """A command that has the embedded database and now waits for standard input."""
    command = project.start("db execute --schema schema.prisma --stdin", stdin=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not any(is_postmaster(process) for process in processes_of(project.directory)):
        assert command.poll() is None, command.communicate()
        assert time.monotonic() < deadline, "the database was not started"
        time.sleep(0.02)
    return command


def is_postmaster(process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres"
    except psutil.NoSuchProcess:
        return False
