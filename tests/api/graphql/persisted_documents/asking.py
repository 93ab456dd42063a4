"""The ways in which a GraphQL request comes to a server, each as one function."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from app.api.graphql import graphql_router
from app.api.graphql.persisted_documents.identifier import hash_of
from app.api.graphql.policy import Policy
from app.chat.identifiers import new_uuid
from app.chat.service import Chat
from tests.api.graphql.client import OWNER_HEADER, Client
from tests.api.graphql.conftest import identify, page
from tests.api.graphql.serving import serving
from tests.api.graphql.sse.reading import COMMENT, EVENT_STREAM, EventReader

Response = dict[str, Any]
Ask = Callable[[Client, dict[str, Any]], Awaitable[Response]]


@asynccontextmanager
async def served(chat: Chat, policy: Policy) -> AsyncGenerator[Client]:
    """A server with a policy of its own, and a caller to it."""
    router = graphql_router(chat, identify=identify, playground=page, policy=policy)
    owner = f"test-{new_uuid()}"
    async with serving(router.added_to(FastAPI())) as port:
        base_url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base_url, headers={OWNER_HEADER: owner}, verify=False) as http:
            yield Client(http, port, owner)


async def by_post(client: Client, sent: dict[str, Any]) -> Response:
    answer = await client.http.post("/graphql", json=sent)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def by_get(client: Client, sent: dict[str, Any]) -> Response:
    parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in sent.items()}
    answer = await client.http.get("/graphql", params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def by_event_stream(client: Client, sent: dict[str, Any]) -> Response:
    async with client.http.stream("POST", "/graphql", json=sent, headers={"accept": EVENT_STREAM}) as response:
        events = [event async for event in EventReader(response).events() if event != COMMENT]
    (name, data), (end, nothing) = events
    assert (name, end, nothing) == ("next", "complete", None)
    return dict(data)


async def by_websocket(client: Client, sent: dict[str, Any]) -> Response:
    async with client.socket() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": sent})
        message = await socket.receive()
        if message["type"] == "error":
            return {"errors": message["payload"]}
        assert message["type"] == "next"
        assert await socket.receive() == {"id": "1", "type": "complete"}
        return dict(message["payload"])


WAYS: dict[str, Ask] = {"POST": by_post, "GET": by_get, "SSE": by_event_stream, "WebSocket": by_websocket}


def automatic(document: str, **sent: Any) -> dict[str, Any]:
    """As Apollo's clients name a document."""
    return {**sent, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(document)}}}


def error_of(response: Response) -> tuple[str, str]:
    """The message and the code of the one error; there is nothing else."""
    assert response.keys() == {"errors"}, response
    (error,) = response["errors"]
    return error["message"], error["extensions"]["code"]


def code_of(response: Response) -> str:
    return error_of(response)[1]
