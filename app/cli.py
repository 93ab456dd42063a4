"""The `parley` command: serve | migrate | keys | schema."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

import click
import uvicorn

from app.api.graphql.limits import MAX_BODY_BYTES
from app.api.graphql.schema import schema as graphql_schema
from app.chat.errors import BadInput, StorageUnavailable
from app.chat.keys import Key, KeyNameTaken, NoSuchKey, digest, new_key, new_secret
from app.generation.configuration_faults import ConfigurationError
from app.listening import ListenError, bind, listen_at, reserve, url
from app.logs import configure_logging
from app.main import Parley, configured, listed_documents
from app.server import Server, SupervisedServer, configuration
from app.server.data_stack import with_room
from app.server.garbage import look_rarely
from app.settings import Settings, SettingsError, read_settings
from app.storage.client import Database
from app.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from app.storage.errors import EngineUnavailableError
from app.storage.keys import PrismaKeys
from app.storage.migrate import MigrationError, migrate_deploy
from app.storage.node import NodeNotFoundError
from app.supervisor import turn_into_supervisor
from app.web.build import NotBuiltError

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

logger = logging.getLogger("parley")

FORESEEN = (
    BadInput,
    ConfigurationError,
    EmbeddedPostgresError,
    EngineUnavailableError,
    KeyNameTaken,
    ListenError,
    MigrationError,
    NoSuchKey,
    NodeNotFoundError,
    NotBuiltError,
    SettingsError,
    StorageUnavailable,
)
"""What an operator can mend: told in one line, without a traceback."""


@click.group()
@click.version_option(package_name="parley", message="parley %(version)s")
def cli() -> None:
    """A GraphQL chat service that keeps every token."""


@cli.command()
@click.option("--workers", type=click.IntRange(1, 1000), help="Server processes; by default PARLEY_WORKERS, or 1.")
def serve(workers: int | None) -> None:
    """Start the database if there is none, apply migrations, and serve."""
    settings = read_settings()
    workers = workers or settings.workers
    if workers == 1:
        _run(settings, _serve_alone(settings))
        return
    configured(settings)  # what is wrong with these is told before anything is started
    listed_documents(settings)
    address = reserve(settings.host, settings.port)
    turn_into_supervisor(
        workers,
        address,
        url(settings.host, address),
        log_style=settings.log_format,
        log_level=settings.log_level,
        command=[sys.executable, "-P", "-m", "app.cli", "worker"],
    )


@cli.command(hidden=True)
@click.argument("address", type=int)
@click.argument("supervisor", type=int)
def worker(address: int, supervisor: int) -> None:
    """Serve as one of several, with the file descriptors that `app.supervisor` gives."""
    for inherited in (address, supervisor):
        os.set_inheritable(inherited, False)
    settings, line = read_settings(), socket.socket(fileno=supervisor)
    _run(settings, _serve_supervised(settings, socket.socket(fileno=address), line))
    line.detach()  # its end is that of the process, and nothing less


@cli.command()
def migrate() -> None:
    """Apply pending migrations, as `prisma migrate deploy` does."""
    settings = read_settings()
    applied = asyncio.run(_migrate(settings))
    click.echo("\n".join(applied) if applied else "nothing is pending")


@cli.group()
def keys() -> None:
    """Let callers in, and out again."""


@keys.command("create")
@click.argument("name")
@click.option("--owner", help="Whose conversations it opens; by default its own, that no other key opens.")
def create_key(name: str, owner: str | None) -> None:
    """Make a key and print it: the only time that it is shown."""
    click.echo(asyncio.run(_create_key(read_settings(), name, owner)))


@keys.command("list")
def list_keys() -> None:
    """Print the name, the owner and the history of every key, and no key."""
    found = asyncio.run(_list_keys(read_settings()))
    click.echo(_table(found) if found else "there are no keys: `parley keys create NAME` makes one")


@keys.command("revoke")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Make a key useless, everywhere, within ten seconds."""
    revoked = asyncio.run(_revoke_key(read_settings(), name))
    click.echo(f"revoked {revoked.name}; its conversations are still there, for keys made with --owner {revoked.owner}")


@cli.command()
def schema() -> None:
    """Print the GraphQL schema."""
    click.echo(graphql_schema.as_str())


def main() -> None:
    try:
        cli()
    except FORESEEN as error:
        sys.exit(f"parley: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _run(settings: Settings, serving: Coroutine[Any, Any, None]) -> None:
    configure_logging(style=settings.log_format, level=settings.log_level)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        with_room(lambda: runner.run(serving))
    gc.freeze()  # the interpreter would go through all that is about to vanish, which takes a third of a second


async def _serve_alone(settings: Settings) -> None:
    configuration = configured(settings)
    documents = listed_documents(settings)
    with bind(settings.host, settings.port) as bound:
        async with (
            _database_url(settings) as database_url,
            Parley(settings, database_url, configuration, documents) as parley,
        ):
            server = Server(
                _uvicorn(parley), drain=partial(parley.drain, settings.grace_seconds), hurry=partial(parley.drain, 0)
            )
            address = url(settings.host, bound)
            logger.info("Parley is at %s — playground: %s/graphql", address, address)
            await _serve(server, bound)
    logger.info("stopped")


async def _serve_supervised(settings: Settings, address: socket.socket, supervisor: socket.socket) -> None:
    configuration = configured(settings)
    documents = listed_documents(settings)
    with address:
        async with (
            _database_url(settings) as database_url,
            Parley(settings, database_url, configuration, documents) as parley,
        ):
            with listen_at(address) as bound:
                server = SupervisedServer(
                    _uvicorn(parley),
                    drain=partial(parley.drain, settings.grace_seconds),
                    hurry=partial(parley.drain, 0),
                    supervisor=supervisor,
                )
                await _serve(server, bound)


def _uvicorn(parley: Parley) -> uvicorn.Config:
    return configuration(parley.app(), max_message_bytes=MAX_BODY_BYTES)


async def _serve(server: Server, bound: socket.socket) -> None:
    look_rarely()
    await server.serve(sockets=[bound])


async def _migrate(settings: Settings) -> list[str]:
    async with _database_url(settings) as database_url:
        return await migrate_deploy(database_url)


async def _create_key(settings: Settings, name: str, owner: str | None) -> str:
    key, secret = new_key(name, owner), new_secret()
    async with _stored_keys(settings) as stored:
        await stored.create(key, digest(secret))
    return secret


async def _list_keys(settings: Settings) -> Sequence[Key]:
    async with _stored_keys(settings) as stored:
        return await stored.list()


async def _revoke_key(settings: Settings, name: str) -> Key:
    async with _stored_keys(settings) as stored:
        return await stored.revoke(name)


@asynccontextmanager
async def _database_url(settings: Settings) -> AsyncGenerator[str]:
    """Of the database that the settings name, which runs meanwhile if it is the embedded one."""
    if settings.database_url:
        yield settings.database_url
    else:
        async with EmbeddedPostgres(settings.data_dir) as url:
            yield url


@asynccontextmanager
async def _stored_keys(settings: Settings) -> AsyncGenerator[PrismaKeys]:
    async with _database_url(settings) as url:
        await migrate_deploy(url)
        database = Database(url)
        await database.connect()
        try:
            yield PrismaKeys(database)
        finally:
            await database.disconnect()


def _table(found: Sequence[Key]) -> str:
    head = ("NAME", "OWNER", "CREATED", "LAST USED", "REVOKED")
    rows = [
        (each.name, each.owner, *map(_shown, (each.created_at, each.last_used_at, each.revoked_at))) for each in found
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def _shown(time: datetime | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ") if time else "-"


if __name__ == "__main__":
    main()
