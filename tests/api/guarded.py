"""A caller with a key, to a server that wants one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from fastapi.routing import APIRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from app.chat.identifiers import new_uuid
from app.storage.keys import PrismaKeys
from tests.api.graphql.client import Socket
from tests.serving import Served
from tests.stored_keys import made


class Guarded:
    """A server that wants keys, the keys that it knows, and the database of both."""

    def __init__(self, served: Served, keys: PrismaKeys, database_url: str) -> None:
        self.served = served
        self.database_url = database_url
        self.keys = keys

    async def key(self, owner: str | None = None) -> str:
        return await made(self.keys, f"key-{new_uuid()}", owner)

    @asynccontextmanager
    async def caller(self, key: str | None = None, owner: str | None = None) -> AsyncGenerator[httpx.AsyncClient]:
        """With a key of its own, if none is given."""
        headers = {"authorization": f"Bearer {key or await self.key(owner)}"}
        async with httpx.AsyncClient(base_url=self.served.url, headers=headers, timeout=30) as client:
            yield client

    @asynccontextmanager
    async def socket(self, payload: dict[str, Any] | None = None, **headers: str) -> AsyncGenerator[Socket]:
        """On which `connection_init` was sent, and nothing was received yet."""
        async with opened(self.served.websocket_url, **headers) as socket:
            await socket.send({"type": "connection_init", "payload": payload})
            yield socket


@asynccontextmanager
async def opened(url: str, **headers: str) -> AsyncGenerator[Socket]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with connect(
        url, subprotocols=[Subprotocol("graphql-transport-ws")], additional_headers=named, max_size=None
    ) as connection:
        yield Socket(connection)


async def ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    """The response, of whatever status."""
    return (await client.post("/graphql", json={"query": query, "variables": variables})).json()


async def first_answer(socket: Socket, query: str, **variables: Any) -> Any:
    """The first message that an operation is answered with."""
    await socket.subscribe("1", query, **variables)
    while (message := await socket.receive())["type"] == "ping":
        pass
    return message


async def closed(socket: Socket, seconds: float) -> tuple[int, str]:
    """How the server closes the socket, within that time; what is received before is passed over."""
    async with asyncio.timeout(seconds):
        with suppress(ConnectionClosedError):
            async for message in socket.connection:
                if json.loads(message)["type"] == "ping":
                    await socket.send({"type": "pong"})
    return socket.connection.close_code or 0, socket.connection.close_reason or ""


UNSERVED = {"/v1", "/v1/{path:path}"}
"""Which answer that there is nothing."""


def routes_of(router: Any) -> Iterator[tuple[str, str]]:
    """Method and path of all routes of a router and of those that it includes, also those that are in no document."""
    for route in router.routes:
        if isinstance(route, APIRoute) and route.path not in UNSERVED:
            yield from ((method, route.path) for method in route.methods or ())
        elif included := getattr(route, "original_router", None):
            yield from routes_of(included)
