"""Brings the database to the schema of this release: what `prisma migrate deploy` does, when there is anything to do.

The command line takes a second or two even when it has nothing to do, so the table that it keeps is looked at first.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import asyncpg

from app.storage.connection_url import without_prisma_arguments
from app.storage.node import NodeNotFoundError, find_node, node_environment

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = ROOT / "migrations"
_CLI = ROOT / "app/storage/engine/node_modules/prisma/build/index.js"
_CONNECT_TIMEOUT_SECONDS = 10.0
_LOCK = 0x7061726C6579  # "parley": of all instances one migrates, the others wait and find it done
_LONGEST_MESSAGE_CHARACTERS = 500

_APPLIED = "SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL"


class MigrationError(Exception):
    """The database cannot be brought up to date; says why in one line. `code` is Prisma's where it has one (P3018)."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


async def pending_migrations(url: str, migrations: Path = MIGRATIONS) -> list[str]:
    """The names of those migrations that the database at `url` lacks, oldest first; also of those that failed there.

    Cheap: one connection, one query.

    Raises:
        MigrationError: the database cannot be asked.
    """
    connection = await _connect(url)
    if connection is None:
        return _names(migrations)
    try:
        return await _pending(connection, migrations)
    finally:
        await connection.close()


async def migrate_deploy(url: str, migrations: Path = MIGRATIONS) -> list[str]:
    """Applies what is pending; returns its names. A database that is missing is made.

    However many instances start at once, one applies and all return when that is done. A cancellation takes effect
    after the command has ended: a migration interrupted half-way is one that somebody has to resolve by hand.

    Raises:
        MigrationError: the database is not reachable, or a migration failed, now or earlier.
    """
    connection = await _connect(url)
    if connection is None:
        await _run_cli(url, migrations.parent)
        return _names(migrations)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        if pending := await _pending(connection, migrations):
            await _run_cli(url, migrations.parent)
        return pending
    finally:
        await connection.close()  # and with it goes the lock


def _names(migrations: Path) -> list[str]:
    return sorted(script.parent.name for script in migrations.glob("*/migration.sql"))


async def _connect(url: str) -> asyncpg.Connection | None:
    """Returns None where the server has no such database (yet)."""
    try:
        return await asyncpg.connect(without_prisma_arguments(url), timeout=_CONNECT_TIMEOUT_SECONDS)
    except asyncpg.InvalidCatalogNameError:
        return None
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        because = _one_line(str(error) or type(error).__name__)
        raise MigrationError(f"the database is not reachable: {because}") from error


async def _pending(connection: asyncpg.Connection, migrations: Path) -> list[str]:
    try:
        applied = {row["migration_name"] for row in await connection.fetch(_APPLIED)}
    except asyncpg.UndefinedTableError:
        applied = set()
    return [name for name in _names(migrations) if name not in applied]


async def _run_cli(url: str, project: Path) -> None:
    try:
        node = await asyncio.to_thread(find_node)
    except NodeNotFoundError as error:
        raise MigrationError(str(error)) from error
    process = await asyncio.create_subprocess_exec(
        node,
        _CLI,
        "migrate",
        "deploy",
        cwd=project,
        env={**node_environment(), "PATH": _path_with(node), "DATABASE_URL": url, "NO_COLOR": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C at the terminal is for the server, which waits for the end of this
    )
    ending = asyncio.ensure_future(process.communicate())
    try:
        _, errors = await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait([ending])
        raise
    if process.returncode:
        raise _failure(errors.decode(errors="replace"))


def _path_with(node: Path) -> str:
    """The CLI starts the schema engine by its first line, `#!/usr/bin/env node`, and Node from PyPI is on no PATH."""
    return f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def _failure(errors: str) -> MigrationError:
    """What the CLI says on standard error: `Error: P3018`, a blank line and a text, or `Error: P1001: a text`."""
    _, _, said = errors.rpartition("Error: ")
    code, message = re.fullmatch(r"(?:(P\d{4})\b:?)?(.*)", said.strip(), re.DOTALL).groups()  # type: ignore[union-attr] # matches anything
    return MigrationError(f"prisma migrate deploy: {f'{code}: ' if code else ''}{_one_line(message)}", code)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE_CHARACTERS else f"{line[: _LONGEST_MESSAGE_CHARACTERS - 1]}…"
