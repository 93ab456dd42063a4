"""Posts, stops and reads over HTTP, as a client that tries again elsewhere."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx

from tests.chaos.subscriber import RETRY_SECONDS, RETRYABLE, Refused

POST: Final = """
mutation Post($input: PostMessageInput!) { postMessage(input: $input) { conversation { id } reply { id } } }
"""
STOP: Final = "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { status } }"
READ: Final = "query Read($id: ID!) { message(id: $id) { status content seq error { code } } }"
REQUEST_DEADLINE_SECONDS: Final = 5.0
"""A server that is paused accepts requests and answers none."""


class Posted(NamedTuple):
    conversation: str
    reply: str


class Caller:
    """Args:
    urls: of the servers' GraphQL endpoints.
    """

    def __init__(self, http: httpx.AsyncClient, urls: Sequence[str], choose: random.Random) -> None:
        self._http = http
        self._urls = urls
        self._choose = choose

    async def post(self, content: str, conversation: str | None = None) -> Posted:
        """To a new conversation, or to the queue of the given one.

        The same post again, where the answer to the first was lost, is the same reply.
        """
        input = {"content": content, "idempotencyKey": uuid4().hex}
        if conversation:
            input |= {"conversationId": conversation, "whenBusy": "ENQUEUE"}
        answer = (await self._insist(POST, input=input))["postMessage"]
        return Posted(answer["conversation"]["id"], answer["reply"]["id"])

    async def stop(self, id: str) -> None:
        await self._insist(STOP, id=id)

    async def read(self, id: str) -> dict[str, Any]:
        message: dict[str, Any] = (await self._insist(READ, id=id))["message"]
        return message

    async def _insist(self, document: str, **variables: Any) -> dict[str, Any]:
        """Raises:
        Refused: with an error that trying again does not mend.
        """
        while True:
            try:
                return await self._ask(self._choose.choice(self._urls), document, variables)
            except httpx.TransportError:
                pass
            except AttributeError as error:
                if not _reset_while_opened(error):
                    raise
            except Refused as refused:
                if refused.code not in RETRYABLE:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask(self, url: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(
            url, json={"query": document, "variables": variables}, timeout=REQUEST_DEADLINE_SECONDS
        )
        body = answer.json()
        if errors := body.get("errors"):
            raise Refused(errors[0])
        data: dict[str, Any] = body["data"]
        return data


def _reset_while_opened(error: AttributeError) -> bool:
    """What anyio makes of a connection that is reset before it is used: uvloop has no socket any more to be named."""
    return error.name == "getpeername" and error.obj is None
