"""Replies of a real upstream, as subscribers and later readers get them."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.api.graphql.client import Client, Socket
from tests.upstream.script import Script

FOLLOW = """
subscription Follow($id: ID!) {
  completion(messageId: $id) {
    __typename
    seq
    ... on CompletionDelta { content reasoning }
    ... on CompletionSnapshot { content reasoning }
    ... on CompletionEnd {
      message { status content reasoning finishReason error { code message retryable } usage { source } }
    }
  }
}
"""
STATUS = "query Q($id: ID!) { message(id: $id) { status } }"


async def begin(client: Client, script: Script) -> str:
    return str((await client.post(script.prompt(), model="upstream"))["reply"]["id"])


async def follow(socket: Socket, id: str) -> list[Any]:
    await socket.subscribe("1", FOLLOW, id=id)
    return [each["data"]["completion"] for each in await socket.payloads("1")]


async def test_a_reply_that_breaks_off_keeps_its_text_and_says_why(client: Client) -> None:
    script = Script(seed=7, deltas=20, break_after=5)
    async with client.socket() as socket:
        *deltas, end = await follow(socket, await begin(client, script))
    message = end["message"]
    assert (message["status"], message["finishReason"]) == ("FAILED", None)
    assert message["error"]["code"] == "UPSTREAM_INCOMPLETE"
    assert message["error"]["retryable"] is True
    assert message["usage"] == {"source": "ESTIMATED"}
    assert message["content"] == "".join(each["content"] for each in deltas) == script.whole_text(5)


async def test_a_refusal_of_the_upstream_is_told_with_its_code(client: Client) -> None:
    script = Script(status=401, code="invalid_api_key")
    async with client.socket() as socket:
        (end,) = await follow(socket, await begin(client, script))
    assert (end["message"]["status"], end["message"]["content"]) == ("FAILED", "")
    assert end["message"]["error"]["code"] == "invalid_api_key"


async def test_reasoning_comes_beside_the_text(client: Client) -> None:
    script = Script(seed=3, deltas=10, reasoning="First I think about it.")
    async with client.socket() as socket:
        *deltas, end = await follow(socket, await begin(client, script))
    assert "".join(each["reasoning"] or "" for each in deltas) == end["message"]["reasoning"] == script.reasoning
    assert "".join(each["content"] for each in deltas) == end["message"]["content"] == script.whole_text()


async def test_a_reader_that_pauses_gets_all_of_it_when_it_goes_on(client: Client) -> None:
    script = Script(text="x" * 499 + "\u2028", deltas=1, repeat=10_000)
    id = await begin(client, script)
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id)
        first = (await socket.receive())["payload"]["data"]["completion"]
        socket.connection.transport.pause_reading()
        async with asyncio.timeout(60):
            while (await client.data(STATUS, id=id))["message"]["status"] == "STREAMING":
                await asyncio.sleep(0.05)
        socket.connection.transport.resume_reading()
        rest = [each["data"]["completion"] for each in await socket.payloads("1")]
    assert rest[-1]["message"]["status"] == "COMPLETE"
    assert first["content"] + "".join(each["content"] for each in rest[:-1]) == script.whole_text()
    assert rest[-1]["message"]["content"] == script.whole_text()
