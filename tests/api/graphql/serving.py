"""An application served by uvicorn on a free port of the loopback interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from app.listening import bind


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncGenerator[int]:
    """Yields the port; returns when the server has stopped."""
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5))
    running = asyncio.create_task(server._serve([listener]))  # `serve` would take over the signals
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running
