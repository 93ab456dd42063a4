"""Posts, edits, regenerates, stops and reads over HTTP, as a client that tries again elsewhere."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx

from tests.chaos.subscriber import RETRY_SECONDS, RETRYABLE, Refused

POST: Final = """
mutation Post($input: PostMessageInput!) {
  started: postMessage(input: $input) { conversation { id } replies { id } }
}
"""
EDIT: Final = """
mutation Edit($input: EditMessageInput!) {
  started: editMessage(input: $input) { conversation { id } replies { id } }
}
"""
REGENERATE: Final = """
mutation Regenerate($input: RegenerateInput!) {
  started: regenerate(input: $input) { conversation { id } replies { id } }
}
"""
IMPORT: Final = """
mutation Import($input: CreateConversationInput!) {
  createConversation(input: $input) { messages { nodes { id } } }
}
"""
STOP: Final = "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { status } }"
READ: Final = """
query Read($id: ID!) {
  message(id: $id) { status content seq error { code } siblings { id } parent { siblings { id } } }
}
"""
REQUEST_DEADLINE_SECONDS: Final = 5.0
"""A server that is paused accepts requests and answers none."""


class Started(NamedTuple):
    conversation: str
    replies: tuple[str, ...]


class Caller:
    """Args:
    urls: of the servers' GraphQL endpoints.
    """

    def __init__(self, http: httpx.AsyncClient, urls: Sequence[str], choose: random.Random) -> None:
        self._http = http
        self._urls = urls
        self._choose = choose

    async def post(self, content: str, conversation: str | None = None) -> Started:
        """To a new conversation, or to the queue of the given one."""
        queue = {"conversationId": conversation, "whenBusy": "ENQUEUE"} if conversation else {}
        return await self._start(POST, content=content, **queue)

    async def edit(self, content: str) -> Started:
        """Of a conversation that was had elsewhere."""
        question, _ = await self._import("what was asked before")
        return await self._start(EDIT, messageId=question, content=content)

    async def regenerate(self, content: str, replies: int) -> Started:
        """The answer to what was asked elsewhere."""
        _, answer = await self._import(content)
        return await self._start(REGENERATE, messageId=answer, n=replies)

    async def _import(self, question: str) -> tuple[str, str]:
        messages = [{"role": "USER", "content": question}, {"role": "ASSISTANT", "content": "what was answered"}]
        created = (await self._insist(IMPORT, input={"messages": messages}))["createConversation"]
        asked, answered = created["messages"]["nodes"]
        return asked["id"], answered["id"]

    async def _start(self, mutation: str, **input: Any) -> Started:
        """The same once more, where the answer to the first was lost, is the same replies."""
        answer = (await self._insist(mutation, input=input | {"idempotencyKey": uuid4().hex}))["started"]
        return Started(answer["conversation"]["id"], tuple(each["id"] for each in answer["replies"]))

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
