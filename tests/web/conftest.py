from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

import httpx
import pytest

from tests.e2e.process import ServerProcess, running
from tests.upstream.process import run_upstream
from tests.web.stand_in import create_stand_in

CONFIGURATION = """
default_model = "demo"

[backends.demo]
kind = "demo"
words_per_second = 60

[backends.upstream]
kind = "openai"
base_url = "{}"
"""


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the stand-in server in this process."""
    transport = httpx.ASGITransport(app=create_stand_in())
    async with httpx.AsyncClient(transport=transport, base_url="http://parley.test") as client:
        yield client


@pytest.fixture(scope="session")
async def front_end(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess]:
    """A server for browsers, which may kill it and start it again; `upstream` says what its tests tell it to."""
    folder = tmp_path_factory.mktemp("front_end")
    async with run_upstream() as upstream:
        (folder / "parley.toml").write_text(CONFIGURATION.format(upstream.base_url))
        async with running(folder) as server:
            yield server
