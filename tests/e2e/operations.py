"""The operations of a chat front end, and a client for them: the `gql` package over real sockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

POST = """
mutation Post($input: PostMessageInput!) {
  postMessage(input: $input) { conversation { id } message { id } reply { id status seq } replies { id } }
}
"""
FOLLOW = """
subscription Follow($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    __typename
    seq
    ... on CompletionDelta { content reasoning }
    ... on CompletionSnapshot { content reasoning }
    ... on CompletionEnd { message { id status content seq usage { totalTokens source } error { code } } }
  }
}
"""
MESSAGE = "query Message($id: ID!) { message(id: $id) { id status content seq role } }"
CONVERSATION = """
query Conversation($id: ID!) {
  conversation(id: $id) {
    id title activeCompletion { id }
    messages(first: 100) { totalCount nodes { id role status content parent { id } } }
  }
}
"""
STOP = "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { id status content seq } }"

Event = dict[str, Any]


async def execute(url: str, document: str, **variables: Any) -> dict[str, Any]:
    """The data of one operation.

    Raises:
        TransportQueryError: the answer has errors.
    """
    async with Client(transport=HTTPXAsyncTransport(url), execute_timeout=60) as session:
        request = GraphQLRequest(document, variable_values=variables)
        data: dict[str, Any] = await session.execute(request)
        return data


async def post(url: str, content: str, **input: Any) -> dict[str, Any]:
    data: dict[str, Any] = (await execute(url, POST, input={"content": content, **input}))["postMessage"]
    return data


async def message(url: str, id: str) -> dict[str, Any]:
    data: dict[str, Any] = (await execute(url, MESSAGE, id=id))["message"]
    return data


async def follow(websocket_url: str, id: str, after: int = 0) -> AsyncGenerator[Event]:
    """The events of one reply, up to its end."""
    transport = WebsocketsTransport(url=websocket_url, subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL])
    async with Client(transport=transport) as session:
        async for data in session.subscribe(GraphQLRequest(FOLLOW, variable_values={"id": id, "after": after})):
            yield data["completion"]


async def everything(websocket_url: str, id: str, after: int = 0) -> list[Event]:
    return [event async for event in follow(websocket_url, id, after)]


def said(events: list[Event]) -> str:
    return "".join(event.get("content", "") for event in events)
