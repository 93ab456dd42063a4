"""uvicorn's settings, which are the same wherever this service, or a part of it, is served."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp


def configuration(app: ASGIApp, *, max_message_bytes: int) -> uvicorn.Config:
    """For a Server, which adds its own connections.

    Args:
        max_message_bytes: of what a client says in one message on a WebSocket.
    """
    return uvicorn.Config(
        app, interface="asgi3", lifespan="off", log_config=None, access_log=False, ws_max_size=max_message_bytes
    )
