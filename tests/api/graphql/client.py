"""A caller: GraphQL over HTTP, and raw graphql-transport-ws."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

OWNER_HEADER = "x-test-owner"
ANSWER_SECONDS = 10.0
"""Far longer than any answer takes; only a broken server is waited for so long."""

INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}

POST = """
mutation Post($input: PostMessageInput!) {
  postMessage(input: $input) {
    conversation { id }
    message { id }
    reply { id status model }
    replies { id }
  }
}
"""
FOLLOW = """
subscription Follow($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    __typename
    seq
    ... on CompletionDelta { content }
    ... on CompletionSnapshot { content }
    ... on CompletionEnd { message { id content seq status finishReason usage { totalTokens source } } }
  }
}
"""

Json = Any


@dataclass(frozen=True, slots=True)
class Client:
    """Args:
    http: to the server, as this caller.
    """

    http: httpx.AsyncClient
    port: int
    owner: str

    async def ask(self, query: str, /, **variables: Json) -> Json:
        """The whole response."""
        body = json.dumps({"query": query, "variables": variables})  # ASCII: lone surrogates go as escapes
        answer = await self.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def data(self, query: str, /, **variables: Json) -> Json:
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def error(self, query: str, /, **variables: Json) -> Json:
        """The one error, as `{"message": …, **extensions}`."""
        (error,) = (await self.ask(query, **variables))["errors"]
        return {"message": error["message"], **error["extensions"]}

    async def post(self, content: str = "Hello", /, **input: Json) -> Json:
        return (await self.data(POST, input={"content": content, **input}))["postMessage"]

    @asynccontextmanager
    async def socket(self, *, init: bool = True, **headers: str) -> AsyncGenerator[Socket]:
        """A graphql-transport-ws connection, acknowledged."""
        uri = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(
            uri,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            additional_headers={OWNER_HEADER: self.owner, **headers},
            max_size=None,
        ) as connection:
            socket = Socket(connection)
            if init:
                await socket.send(INIT)
                assert await socket.receive() == ACK
            yield socket

    async def follow(self, id: str, after: int = 0) -> list[Json]:
        """All events of a completion to its end."""
        async with self.socket() as socket:
            await socket.subscribe("1", FOLLOW, id=id, after=after)
            return [each["data"]["completion"] for each in await socket.payloads("1")]


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: Json) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def subscribe(self, id: str, query: str, /, **variables: Json) -> None:
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def complete(self, id: str) -> None:
        await self.send({"id": id, "type": "complete"})

    async def receive(self) -> Json:
        async with asyncio.timeout(ANSWER_SECONDS):
            return json.loads(await self.connection.recv(decode=True))

    async def payloads(self, id: str) -> list[Json]:
        """Those of the `next` messages of an operation, up to its `complete`."""
        got = []
        while (message := await self.receive())["type"] == "next":
            assert message["id"] == id
            got.append(message["payload"])
        assert message == {"id": id, "type": "complete"}, message
        return got

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server closes the socket; nothing else is received before."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.connection.wait_closed()
        return self.connection.close_code or 0, self.connection.close_reason or ""
