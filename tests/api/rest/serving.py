"""A real server, in the tests' own loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

import uvicorn
from fastapi import FastAPI

from app.server import Server

_DEADLINE_SECONDS = 10


class _Server(Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # signals stay pytest's
        return nullcontext()


async def _nothing() -> None:
    pass


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncGenerator[str, None]:
    """Serves on a free port of loopback; gives the server's URL."""
    server = _Server(uvicorn.Config(app, port=0, log_config=None), drain=_nothing, hurry=_nothing)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while not server.started:
            await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
