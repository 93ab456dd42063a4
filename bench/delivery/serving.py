"""A peer in Python: uvicorn as `parley serve` sets it up, and somebody to obey."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import uvicorn
import uvloop
from starlette.types import ASGIApp

from app.api.graphql.limits import MAX_BODY_BYTES
from app.listening import bind
from app.server import configuration
from app.server.data_stack import with_room
from app.server.garbage import look_rarely
from bench.delivery.control import obey, say
from bench.delivery.source import Source

MakeServer = Callable[[uvicorn.Config], uvicorn.Server]


def stock(config: uvicorn.Config) -> uvicorn.Server:
    """With uvicorn's own connections, of the kinds on which Parley's build."""
    config.http, config.ws, config.ws_per_message_deflate = "httptools", "websockets-sansio", False
    return uvicorn.Server(config)


def serve(app: ASGIApp, source: Source, server: MakeServer = stock) -> None:
    """Says its port, then does what it is told."""
    with_room(lambda: uvloop.run(_serve(app, source, server)))


async def _serve(app: ASGIApp, source: Source, make: MakeServer) -> None:
    with bind("127.0.0.1", 0) as bound:
        server = make(configuration(app, max_message_bytes=MAX_BODY_BYTES))
        running = asyncio.create_task(server.serve(sockets=[bound]))
        look_rarely()
        say(port=bound.getsockname()[1])
        await obey(source)
        server.should_exit = True
        await running
