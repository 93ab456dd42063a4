"""All graphql-transport-ws connections of a server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from app.api.graphql.policy import Policy
from app.api.graphql.websocket.close import CloseCode
from app.api.graphql.websocket.connection import Connection
from app.api.graphql.websocket.origin import may_open
from app.api.graphql.websocket.pace import Pace
from app.api.identity import Identify
from app.chat.service import Chat

logger = logging.getLogger("parley.api")

SUBPROTOCOL = "graphql-transport-ws"
PACE = Pace()


class Sockets:
    """An ASGI application: what frameworks put between one and its socket is memory of each socket, and time of each
    event.

    Args:
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
        self._open: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._deadline: float | None = None

    def __len__(self) -> int:
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one WebSocket from its handshake to its end."""
        await receive()  # the handshake
        headers = Headers(scope=scope)
        if not may_open(headers, self._allowed_origins):
            shown = {"origin": headers.get("origin"), "host": headers.get("host")}
            logger.warning("a page of another origin may not open a WebSocket", extra=shown)
            await send({"type": "websocket.close"})  # before it is accepted: the handshake is answered with 403
            return
        if SUBPROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            refusal = (CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            await send({"type": "websocket.close", "code": refusal[0], "reason": refusal[1]})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        connection = Connection(
            scope, receive, send, chat=self._chat, identify=self._identify, pace=self._pace, policy=self._policy
        )
        self._open.add(connection)
        self._empty.clear()
        try:
            if self._deadline is not None:
                connection.drain(self._deadline)
            await connection.serve()
        finally:
            self._open.discard(connection)
            if not self._open:
                self._empty.set()

    async def drain(self, grace_seconds: float) -> None:
        """Refuses new operations, lets those under way come to their end within the grace period, and closes every
        socket with 1012. To be called when the replies that subscribers watch have been given their ends. May be
        called again to hurry.
        """
        self._deadline = asyncio.get_running_loop().time() + grace_seconds
        for each in self._open:
            each.drain(self._deadline)
        await self._empty.wait()
