"""The real thing for every test: one embedded PostgreSQL for the run, a fresh migrated database for each test."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.storage.embedded import EmbeddedPostgres
from app.storage.migrate import migrate_deploy
from tests.serving import Served, serving

TEMPLATE = "parley_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of the run's own PostgreSQL. Not in pytest's folder, which the next run as root closes to others."""
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "data") as url:
        yield url


@pytest.fixture(scope="session")
async def template(postgres: str) -> str:
    """The name of a database that migrations have made, to be cloned."""
    await migrate_deploy(with_database(postgres, TEMPLATE))
    return TEMPLATE


@pytest.fixture
async def database_url(postgres: str, template: str) -> AsyncGenerator[str]:
    """A fresh database with the schema of this release."""
    name = f"test_{next(_numbers)}"
    await _admin(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield with_database(postgres, name)
    await _admin(postgres, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
async def server(database_url: str) -> AsyncGenerator[Served]:
    """Parley with the demo backend on a free port of this machine, in this process."""
    async with serving(database_url) as served:
        yield served


def with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


async def _admin(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
