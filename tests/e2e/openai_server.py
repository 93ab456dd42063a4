"""A server for the official SDKs of OpenAI: Parley as a process, in front of an upstream that does as it is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.process import ServerProcess, running
from tests.upstream.process import run_upstream
from tests.upstream.script import Script

SAID = {
    "whole": Script(seed=1),
    "long": Script(seed=2, deltas=200),
    "endless": Script(deltas=100_000, per_second=20),
    "limited": Script(status=429, code="rate_limit_exceeded"),
    "broken": Script(status=500),
    "silent": Script(stall_after=0),
    "failing": Script(seed=3, deltas=50, error_after=10),
}
"""What the upstream is asked to say, by what it is for."""

_CONFIGURATION = """
[backends.upstream]
kind = "openai"
base_url = "{}"
attempts = 1
"""


@asynccontextmanager
async def openai_server(folder: Path) -> AsyncGenerator[ServerProcess]:
    """Its model `upstream` says what `tests.upstream.script` tells it; nothing is asked twice."""
    async with run_upstream() as upstream:
        (folder / "parley.toml").write_text(_CONFIGURATION.format(upstream.base_url))
        async with running(folder) as server:
            yield server
