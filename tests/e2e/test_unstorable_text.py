"""NUL and lone surrogates, which no PostgreSQL text can hold, are refused wherever they are put."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.e2e.process import ServerProcess
from tests.e2e.raw_json import JSON, codes, execute

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
DEADLINE_SECONDS = 60

POST = "mutation ($input: PostMessageInput!) { postMessage(input: $input) { message { id } } }"
CREATE = "mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id } }"
UPDATE = "mutation ($input: UpdateConversationInput!) { updateConversation(input: $input) { id } }"

UNSTORABLE = pytest.mark.parametrize("bad", ["\0", "\ud800", "a\udfffb", "\udc00\ud800"], ids=ascii)


@UNSTORABLE
@pytest.mark.parametrize("where", ["content", "idempotencyKey", "model", "metadata", "parameters"])
async def test_a_message_that_cannot_be_stored_is_refused(client: httpx.AsyncClient, where: str, bad: str) -> None:
    placed: dict[str, Any] = {"metadata": {"a": [bad]}, "parameters": {"stop": [bad]}}
    refused = await execute(client, POST, input={"content": "hello", where: placed.get(where, bad), "reply": False})
    assert codes(refused) == ["BAD_USER_INPUT"]


@UNSTORABLE
@pytest.mark.parametrize("where", ["title", "systemPrompt", "model", "metadata", "a key of metadata"])
async def test_a_conversation_that_cannot_be_stored_is_refused(client: httpx.AsyncClient, where: str, bad: str) -> None:
    made = await execute(client, CREATE, input={})
    inputs: dict[str, dict[str, Any]] = {
        "title": {"title": bad},
        "systemPrompt": {"systemPrompt": bad},
        "model": {"model": bad},
        "metadata": {"metadata": {"a": {"b": bad}}},
        "a key of metadata": {"metadata": {"a": {bad: 1}}},
    }
    input = inputs[where]
    for refused in (
        await execute(client, CREATE, input=input),
        await execute(client, UPDATE, input={"id": made["data"]["createConversation"]["id"], **input}),
    ):
        assert codes(refused) == ["BAD_USER_INPUT"]


@UNSTORABLE
async def test_an_id_or_a_cursor_that_nobody_can_have_is_refused(client: httpx.AsyncClient, bad: str) -> None:
    for query in (
        "query ($bad: ID!) { message(id: $bad) { id } }",
        "query ($bad: ID!) { conversation(id: $bad) { id } }",
        "query ($bad: ID!) { node(id: $bad) { id } }",
        "mutation ($bad: ID!) { deleteConversation(id: $bad) }",
        "mutation ($bad: ID!) { stopCompletion(messageId: $bad) { id } }",
    ):
        refused = await execute(client, query, bad=bad)
        assert codes(refused) in (["BAD_USER_INPUT"], ["NOT_FOUND"])
    refused = await execute(client, "query ($bad: String) { conversations(after: $bad) { totalCount } }", bad=bad)
    assert codes(refused) == ["BAD_USER_INPUT"]


async def test_what_is_written_into_the_document_itself_is_refused_alike(client: httpx.AsyncClient) -> None:
    template = 'mutation { postMessage(input: {content: "a%sb", reply: false}) { message { id } } }'
    (nul,) = (await execute(client, template % r"\u0000"))["errors"]
    assert nul["extensions"]["code"] == "BAD_USER_INPUT"
    (surrogate,) = (await execute(client, template % r"\ud800"))["errors"]
    assert surrogate["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"  # the specification has no such escape


@UNSTORABLE
async def test_rest_refuses_it_as_openai_would(client: httpx.AsyncClient, bad: str) -> None:
    body = json.dumps({"model": "demo", "messages": [{"role": "user", "content": bad}]})
    refused = await client.post("/v1/chat/completions", content=body, headers=JSON)
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"


async def test_the_socket_refuses_it_too(standing: ServerProcess) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), connect(standing.websocket_url, subprotocols=[SUBPROTOCOL]) as socket:
        await socket.send('{"type": "connection_init"}')
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        for number, bad in enumerate(["\0", "\ud800"]):
            payload = {"query": POST, "variables": {"input": {"content": bad, "reply": False}}}
            await socket.send(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
            answer = json.loads(await socket.recv())
            assert answer["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
            assert json.loads(await socket.recv())["type"] == "complete"
