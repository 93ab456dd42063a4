"""Posts a message and prints the answer as it comes, however often the connection is lost; Ctrl-C stops it."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncGenerator
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from httpx import HTTPError
from websockets.exceptions import WebSocketException

URL = os.environ.get("PARLEY_URL", "http://127.0.0.1:8000") + "/graphql"
HEADERS = {"Authorization": f"Bearer {key}"} if (key := os.environ.get("PARLEY_KEY")) else {}
RETRY_SECONDS = 0.5
LOST = (OSError, HTTPError, TransportError, WebSocketException)

POST = "mutation ($input: PostMessageInput!) { postMessage(input: $input) { reply { id } } }"
STOP = "mutation ($id: ID!) { stopCompletion(messageId: $id) { status } }"
FOLLOW = """
subscription ($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    __typename
    seq
    ... on CompletionDelta { content }
    ... on CompletionSnapshot { content }
    ... on CompletionEnd { message { status usage { totalTokens } error { message } } }
  }
}
"""


async def execute(document: str, **variables: Any) -> dict[str, Any]:
    """Sends it until there is an answer. May be sent twice: a post needs an idempotency key."""
    while True:
        try:
            async with Client(transport=HTTPXAsyncTransport(URL, headers=HEADERS)) as session:
                data: dict[str, Any] = await session.execute(GraphQLRequest(document, variable_values=variables))
                return data
        except LOST as error:
            await wait_unless_final(error)


async def follow(id: str) -> AsyncGenerator[dict[str, Any]]:
    """Every event of the reply, once and in order; the last one is its CompletionEnd."""
    seq, ended = 0, False
    while not ended:
        try:
            transport = WebsocketsTransport(URL.replace("http", "ws", 1), init_payload=HEADERS)
            async with Client(transport=transport) as session:
                request = GraphQLRequest(FOLLOW, variable_values={"id": id, "after": seq})
                async for data in session.subscribe(request):
                    event = data["completion"]
                    seq, ended = event["seq"], event["__typename"] == "CompletionEnd"
                    yield event
        except LOST as error:
            await wait_unless_final(error)


async def wait_unless_final(error: Exception) -> None:
    """The server says of its errors whether the same may go well another time; where it says nothing it is away."""
    told = error.errors if isinstance(error, TransportQueryError) else None
    if told and not told[0].get("extensions", {}).get("retryable"):
        raise error
    await asyncio.sleep(RETRY_SECONDS)


async def main(prompt: str) -> None:
    posted = await execute(POST, input={"content": prompt, "idempotencyKey": str(uuid.uuid4())})
    reply = posted["postMessage"]["reply"]["id"]
    try:
        async for event in follow(reply):
            match event:
                case {"__typename": "CompletionDelta", "content": content}:
                    print(content, end="", flush=True)
                case {"__typename": "CompletionSnapshot", "content": whole}:  # we were away for a day
                    print(f"\n\n{whole}", end="", flush=True)
                case {"message": message}:
                    print(f"\n{message['status']}")
    except asyncio.CancelledError:
        stopped = await execute(STOP, id=reply)
        print(f"\n{stopped['stopCompletion']['status']}")


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "Tell me a long story"))
