"""A server for front ends: Parley on a real socket, in front of an upstream whose text tests know beforehand."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import with_database
from tests.e2e.conftest import folder, migrated  # noqa: F401  # for those that kill their server
from tests.serving import Served, serving
from tests.upstream.process import Upstream, run_upstream

CONFIGURATION = """
[backends.upstream]
kind = "openai"
base_url = "{}"
"""


@pytest.fixture(scope="session")
async def upstream() -> AsyncGenerator[Upstream]:
    async with run_upstream() as upstream:
        yield upstream


@pytest.fixture(scope="session")
def config(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By which the default model says what `tests.upstream.script` is told."""
    config = tmp_path_factory.mktemp("client") / "parley.toml"
    config.write_text(CONFIGURATION.format(upstream.base_url))
    return config


@pytest.fixture(scope="session")
async def parley_database_url(postgres: str, template: str) -> str:
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE client TEMPLATE "{template}"')
    await connection.close()
    return with_database(postgres, "client")


@pytest.fixture(scope="session")
async def parley(parley_database_url: str, config: Path) -> AsyncGenerator[Served]:
    """The server of all tests that change nothing of it."""
    async with serving(parley_database_url, config=config) as served:
        yield served
