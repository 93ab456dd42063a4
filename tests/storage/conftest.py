"""Folders for databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.storage.embedded import EmbeddedPostgres
from tests.storage.database_users import sql
from tests.storage.processes import none_left


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not within pytest's own, which every other pytest that starts closes to whom PostgreSQL runs as under root."""
    with TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    with TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()


@pytest.fixture
async def data_dir(made_once: Path) -> AsyncIterator[Path]:
    """A folder that has a database already, which no test damages: to make one takes longer than most tests."""
    async with EmbeddedPostgres(made_once) as url:
        await sql(url, "DROP TABLE IF EXISTS kept")
    yield made_once
    assert none_left(made_once)
