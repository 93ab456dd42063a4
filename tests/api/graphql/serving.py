"""An application served by uvicorn on a free port of the loopback interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from app.listening import bind
from app.server import Server


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncGenerator[int]:
    """Yields the port; returns when the server has stopped."""
    listener = bind("127.0.0.1", 0)
    server = Server(uvicorn.Config(app, interface="asgi3", log_config=None), drain=_nothing, hurry=_nothing)
    running = asyncio.create_task(server._serve([listener]))  # `serve` would take over the signals
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def _nothing() -> None:
    """What runs is the test's own."""
