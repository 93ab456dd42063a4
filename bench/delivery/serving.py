"""A peer in Python: uvicorn as `parley serve` sets it up, and somebody to obey."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import uvicorn
import uvloop
from starlette.types import ASGIApp

from app.api.graphql.limits import MAX_BODY_BYTES
from app.listening import bind
from bench.delivery.control import obey, say
from bench.delivery.source import Source

MakeServer = Callable[[uvicorn.Config], uvicorn.Server]


def serve(app: ASGIApp, source: Source, server: MakeServer = uvicorn.Server) -> None:
    """Says its port, then does what it is told."""
    uvloop.run(_serve(app, source, server))


async def _serve(app: ASGIApp, source: Source, make: MakeServer) -> None:
    with bind("127.0.0.1", 0) as bound:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=MAX_BODY_BYTES,
            ws_per_message_deflate=False,
        )
        server = make(config)
        running = asyncio.create_task(server.serve(sockets=[bound]))
        gc.collect()
        gc.freeze()
        say(port=bound.getsockname()[1])
        await obey(source)
        server.should_exit = True
        await running
