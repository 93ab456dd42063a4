"""All edges on a chat of which every port raises what a test wants it to raise; so does the look-up of the caller."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import httpx
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from app.api.graphql import graphql_router
from app.api.identity import LOCAL, Identity
from app.api.rest.router import rest_router
from app.chat.completion import ModelCatalog
from app.chat.ports import Log, Records
from app.chat.service import build_chat
from tests.api.graphql.client import ACK, Json, Socket
from tests.api.graphql.serving import serving
from tests.api.guarded import first_answer, opened

Headers: TypeAlias = Mapping[str, str] | None

ANSWER_SECONDS = 10
WHO_HEADER = "x-who"
UNKNOWN = {WHO_HEADER: "whose look-up fails"}

MODELS = "{ models { id } }"
FOLLOW = 'subscription { completion(messageId: "msg_01h2xcejqtf2nbrexx3vqjhp41") { seq } }'
SAID = {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}


class FailingPort:
    """Whatever it is asked to do fails by the error that is set. Callbacks are taken, and never called."""

    def __init__(self) -> None:
        self.error: Exception = AssertionError("no error is set")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("on_"):
            return lambda _callback: None

        async def fail(*_: object, **__: object) -> None:
            raise self.error

        return fail


@dataclass(frozen=True)
class Edges:
    """A caller of all edges. What it asks passes through them whole, and fails by `fails_by` within.

    Args:
        ended: the path of each request that the server is through with.
    """

    http: httpx.AsyncClient
    port: FailingPort
    ended: asyncio.Queue[str]

    def fails_by(self, error: Exception) -> None:
        self.port.error = error

    async def graphql(self, query: str = MODELS, headers: Headers = None) -> httpx.Response:
        return await self.http.post("/graphql", json={"query": query}, headers=headers)

    async def openai(self, headers: Headers = None, *, stream: bool = False) -> httpx.Response:
        body = {**SAID, "stream": stream}
        return await self.http.post("/v1/chat/completions", json=body, headers=headers)

    async def egp(self, headers: Headers = None, *, stream: bool = False) -> httpx.Response:
        return await self.http.post("/egp/v1/chat-completions", json={**SAID, "stream": stream}, headers=headers)

    async def events(self, query: str) -> str:
        """What an operation is answered with as an event stream."""
        return (await self.graphql(query, {"accept": "text/event-stream"})).text

    async def over_websocket(self, query: str) -> Json:
        """The first message that an operation is answered with."""
        async with self._socket() as socket:
            await socket.send({"type": "connection_init"})
            assert await socket.receive() == ACK
            return await first_answer(socket, query)

    async def closing(self) -> tuple[int, str]:
        """How a socket is closed whose caller cannot be told."""
        async with self._socket(UNKNOWN) as socket:
            await socket.send({"type": "connection_init"})
            return await socket.closed()

    @asynccontextmanager
    async def _socket(self, headers: Headers = None) -> AsyncGenerator[Socket]:
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            opened(f"{_websocket(self.http)}/graphql", **(headers or {})) as socket,
        ):
            yield socket


@asynccontextmanager
async def serving_failures() -> AsyncGenerator[Edges]:
    port = FailingPort()
    chat, _ = build_chat(cast("Records", port), cast("Log", port), cast("ModelCatalog", port))

    async def identify(connection: HTTPConnection, _payload: object = None, /) -> Identity:
        if WHO_HEADER in connection.headers:
            raise port.error
        return LOCAL

    ended = asyncio.Queue[str]()
    app = FastAPI()
    app.include_router(rest_router(chat, identify=identify))
    edges = graphql_router(chat, identify=identify).added_to(app)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await edges(scope, receive, send)
        finally:
            ended.put_nowait(scope["path"])

    async with (
        serving(served) as number,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{number}", verify=False) as http,
    ):
        yield Edges(http, port, ended)


def extensions(answer: httpx.Response) -> Json:
    """Of the one error in a GraphQL answer."""
    (error,) = json.loads(answer.content)["errors"]
    return error["extensions"]


def _websocket(http: httpx.AsyncClient) -> str:
    return str(http.base_url).replace("http", "ws", 1).rstrip("/")
