"""All graphql-transport-ws connections of a server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from starlette.websockets import WebSocket

from app.api.graphql.policy import Policy
from app.api.graphql.websocket.close import CloseCode
from app.api.graphql.websocket.connection import Connection
from app.api.graphql.websocket.drain import Drain
from app.api.graphql.websocket.origin import may_open
from app.api.graphql.websocket.pace import Pace
from app.api.identity import Identify
from app.chat.service import Chat

logger = logging.getLogger("parley.api")

SUBPROTOCOL = "graphql-transport-ws"
PACE = Pace()


class Sockets:
    """Args:
    allowed_origins: whose pages may connect beside this server's own, such as `https://chat.example.com`.
    """

    def __init__(
        self,
        chat: Chat,
        identify: Identify,
        *,
        allowed_origins: Collection[str] = (),
        pace: Pace = PACE,
        policy: Policy | None = None,
    ) -> None:
        self._chat = chat
        self._identify = identify
        self._allowed_origins = frozenset(allowed_origins)
        self._pace = pace
        self._policy = policy or Policy()
        self._drain = Drain()
        self._empty = asyncio.Event()
        self._empty.set()
        self._open = 0

    def __len__(self) -> int:
        return self._open

    async def serve(self, socket: WebSocket) -> None:
        """Handles one WebSocket from its handshake to its end."""
        if not may_open(socket.headers, self._allowed_origins):
            shown = {"origin": socket.headers.get("origin"), "host": socket.headers.get("host")}
            logger.warning("a page of another origin may not open a WebSocket", extra=shown)
            await socket.close()  # before it is accepted: the handshake is answered with 403
            return
        if SUBPROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await socket.accept(SUBPROTOCOL)
        self._open += 1
        self._empty.clear()
        try:
            await Connection(socket, self._chat, self._identify, self._drain, self._pace, self._policy).serve()
        finally:
            self._open -= 1
            if not self._open:
                self._empty.set()

    async def drain(self, grace_seconds: float) -> None:
        """Refuses new operations, lets those under way come to their end within the grace period, and closes every
        socket with 1012. To be called when the replies that subscribers watch have been given their ends.
        """
        self._drain.begin(grace_seconds)
        await self._empty.wait()
