"""Runs Parley for a test: the real application on a real socket, in the test's own process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.api.graphql.limits import MAX_BODY_BYTES
from app.listening import bind, url
from app.main import Parley
from app.server import Server, configuration
from app.settings import Settings


@dataclass(frozen=True)
class Served:
    """Args:
    url: such as http://127.0.0.1:41234.
    """

    url: str
    parley: Parley
    server: Server

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/graphql"

    @property
    def graphql_url(self) -> str:
        return f"{self.url}/graphql"


@asynccontextmanager
async def serving(database_url: str, **settings: Any) -> AsyncGenerator[Served]:
    """As `parley serve` does it; neither the environment of the test run nor its folder counts."""
    defaults = {**Settings.model_construct().model_dump(), "grace_seconds": 0.5, "config": Path(os.devnull)}
    given = Settings.model_construct(**{**defaults, **settings})
    bound = bind("127.0.0.1", 0)
    async with Parley(given, database_url) as parley:
        config = configuration(parley.app(), max_message_bytes=MAX_BODY_BYTES)
        server = _EmbeddedServer(config, drain=lambda: parley.drain(given.grace_seconds), hurry=lambda: parley.drain(0))
        running = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield Served(url("127.0.0.1", bound), parley, server)
        finally:
            server.should_exit = True
            await running


class _EmbeddedServer(Server):
    """Leaves the signals to the test runner."""

    def capture_signals(self) -> Any:
        return nullcontext()
