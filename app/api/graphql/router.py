"""The GraphQL edge as a router to mount."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from app.api.graphql.http import Endpoint, Playground
from app.api.graphql.policy import Policy
from app.api.graphql.straight import Straight
from app.api.graphql.websocket.sockets import Sockets
from app.api.identity import Identify
from app.chat.service import Chat

PATH = "/graphql"


class GraphQLRouter(APIRouter):
    """What of it is open has to be drained before the server stops."""

    def __init__(self, endpoint: Endpoint, sockets: Sockets) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._sockets = sockets
        self.add_route(PATH, endpoint.serve, methods=["GET", "POST"], include_in_schema=False)

    def added_to(self, app: FastAPI) -> ASGIApp:
        """What is to be served in place of that application."""
        app.include_router(self)
        return Straight(app, path=PATH, requests=self._endpoint, sockets=self._sockets)

    async def drain(self, grace_seconds: float) -> None:
        """Refuses new operations, lets those under way come to their end within the grace period, and closes every
        socket and event stream. To be called when the replies that subscribers watch have been given their ends.
        """
        await asyncio.gather(self._sockets.drain(grace_seconds), self._endpoint.streams.drain(grace_seconds))


def graphql_router(
    chat: Chat,
    *,
    identify: Identify,
    playground: Playground | None = None,
    allowed_origins: Collection[str] = (),
    policy: Policy | None = None,
) -> GraphQLRouter:
    """GraphQL at /graphql, over HTTP, WebSocket and server-sent events.

    Args:
        identify: tells who opened a connection.
        playground: what a browser gets that opens the address.
        allowed_origins: whose pages may open a WebSocket beside this server's own.
        policy: what they take alike; what is registered over one is known to the others.
    """
    policy = policy or Policy()
    sockets = Sockets(chat, identify, allowed_origins=allowed_origins, policy=policy)
    return GraphQLRouter(Endpoint(chat, identify, playground, policy=policy), sockets)
