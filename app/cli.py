"""The `parley` command: serve | migrate | schema."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from contextlib import AsyncExitStack

import click
import uvicorn

from app.api.graphql.limits import MAX_BODY_BYTES
from app.api.graphql.schema import schema as graphql_schema
from app.chat.errors import StorageUnavailable
from app.generation.configuration_faults import ConfigurationError
from app.listening import ListenError, bind, is_loopback, url
from app.logs import configure_logging
from app.main import Parley, configured
from app.server import Server
from app.settings import Settings, SettingsError, read_settings
from app.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from app.storage.errors import EngineUnavailableError
from app.storage.migrate import MigrationError, migrate_deploy
from app.storage.node import NodeNotFoundError
from app.web.build import NotBuiltError

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

logger = logging.getLogger("parley")

FORESEEN = (
    ConfigurationError,
    EmbeddedPostgresError,
    EngineUnavailableError,
    ListenError,
    MigrationError,
    NodeNotFoundError,
    NotBuiltError,
    SettingsError,
    StorageUnavailable,
)
"""What an operator can mend: told in one line, without a traceback."""


@click.group()
def cli() -> None:
    """A GraphQL chat service that keeps every token."""


@cli.command()
def serve() -> None:
    """Start the database if there is none, apply migrations, and serve."""
    settings = read_settings()
    configure_logging(style=settings.log_format, level=settings.log_level)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(settings))
    gc.freeze()  # the interpreter would go through all that is about to vanish, which takes a third of a second


@cli.command()
def migrate() -> None:
    """Apply pending migrations, as `prisma migrate deploy` does."""
    settings = read_settings()
    applied = asyncio.run(_migrate(settings))
    click.echo("\n".join(applied) if applied else "nothing is pending")


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


async def _serve(settings: Settings) -> None:
    if settings.auth == "auto" and not is_loopback(settings.host):
        raise SettingsError(
            f"PARLEY_HOST={settings.host} lets others connect, and Parley has no keys yet: "
            "bind to 127.0.0.1, or set PARLEY_AUTH=open to let everybody in"
        )
    configuration = configured(settings)
    bound = bind(settings.host, settings.port)
    async with AsyncExitStack() as stack:
        stack.callback(bound.close)
        database_url = settings.database_url
        if database_url is None:
            database_url = await stack.enter_async_context(EmbeddedPostgres(settings.data_dir))
        parley = await stack.enter_async_context(Parley(settings, database_url, configuration))
        config = uvicorn.Config(
            parley.app(),
            lifespan="off",
            log_config=None,
            access_log=False,
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=MAX_BODY_BYTES,
            ws_per_message_deflate=False,  # deltas are too short to gain by it, and it costs 40 KB a socket
        )
        server = Server(config, drain=lambda: parley.drain(settings.grace_seconds), hurry=lambda: parley.drain(0))
        address = url(settings.host, bound)
        logger.info("Parley is at %s — playground: %s/graphql", address, address)
        await server.serve(sockets=[bound])
    logger.info("stopped")


async def _migrate(settings: Settings) -> list[str]:
    if settings.database_url:
        return await migrate_deploy(settings.database_url)
    async with EmbeddedPostgres(settings.data_dir) as database_url:
        return await migrate_deploy(database_url)


if __name__ == "__main__":
    main()
