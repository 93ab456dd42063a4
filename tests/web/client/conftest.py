"""A server for front ends: Parley on a real socket, in front of an upstream whose text tests know beforehand."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

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


@pytest.fixture
async def parley(database_url: str, upstream: Upstream, tmp_path: Path) -> AsyncGenerator[Served]:
    """Its default model says what `tests.upstream.script` is told."""
    config = tmp_path / "parley.toml"
    config.write_text(CONFIGURATION.format(upstream.base_url))
    async with serving(database_url, config=config) as served:
        yield served
