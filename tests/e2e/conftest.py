"""Servers for end-to-end tests: one that stands for all tests that kill none, and folders to start others in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.e2e.process import ServerProcess, copy_folder, migrate, running


@pytest.fixture(scope="session")
async def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty database of this release, at rest: to be copied, which is quicker than to make one."""
    folder = tmp_path_factory.mktemp("migrated")
    await migrate(folder)
    return folder


@pytest.fixture
async def folder(migrated: Path, tmp_path: Path) -> Path:
    """A folder for a server to start in at once."""
    await copy_folder(migrated, tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
async def standing(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess]:
    """The server for tests that leave it running."""
    folder = tmp_path_factory.mktemp("standing")
    await copy_folder(migrated, folder)
    async with running(folder) as server:
        yield server


@pytest.fixture(scope="session")
async def client(standing: ServerProcess) -> AsyncGenerator[httpx.AsyncClient]:
    """Of the standing server, relative to its address."""
    async with httpx.AsyncClient(base_url=standing.url, timeout=60) as client:
        yield client
