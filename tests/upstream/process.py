"""Starting, asking and ending an upstream process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

_ROOT = Path(__file__).parents[2]
_DEADLINE_SECONDS = 10.0


class Upstream:
    """A running upstream.

    Args:
        process: ends when its standard input does, so that it never outlives the tests.
    """

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}")
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.egp_base_url = f"http://127.0.0.1:{port}/egp/v1"

    async def state(self) -> dict[str, Any]:
        """As `tests.upstream.server.State`."""
        state: dict[str, Any] = (await self._client.get("/state")).json()
        return state

    async def reaches(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The state, as soon as that holds of it.

        Raises:
            AssertionError: it does not within ten seconds.
        """
        deadline = asyncio.get_running_loop().time() + _DEADLINE_SECONDS
        while not holds(state := await self.state()):
            assert asyncio.get_running_loop().time() < deadline, f"the upstream stays at {state}"
            await asyncio.sleep(0.01)
        return state

    async def close(self) -> None:
        """Ends it as a crash would."""
        await self._client.aclose()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def run_upstream(*arguments: str) -> AsyncGenerator[Upstream, None]:
    """Starts one; the arguments are those of `python -m tests.upstream`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.upstream", *arguments),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    async with asyncio.timeout(_DEADLINE_SECONDS):
        upstream = Upstream(process, int(await process.stdout.readline()))
    try:
        yield upstream
    finally:
        await upstream.close()
