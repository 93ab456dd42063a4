"""Which operation of a document is run: the one that is named, the only one, or none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.api.graphql.client import Client
from tests.api.graphql.sse.reading import EVENT_STREAM, event_of

TWO = """
mutation A { createConversation(input: {title: "A"}) { title } }
mutation B { createConversation(input: {title: "B"}) { title } }
"""
ONE = 'mutation { createConversation(input: {title: "one"}) { title } }'

Json = dict[str, Any]
Transport = Callable[[Client, Json], Awaitable[Json]]


async def over_http(client: Client, body: Json) -> Json:
    answer: Json = (await client.http.post("/graphql", json=body)).json()
    return answer


async def over_websocket(client: Client, body: Json) -> Json:
    async with client.socket() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": body})
        said = await socket.receive()
    return {"errors": said["payload"]} if said["type"] == "error" else dict(said["payload"])


async def over_sse(client: Client, body: Json) -> Json:
    answer = await client.http.post("/graphql", json=body, headers={"accept": EVENT_STREAM})
    _, event, *_ = answer.text.split("\n\n")
    return dict(event_of(event)[1])


TRANSPORTS = pytest.mark.parametrize("ask", [over_http, over_websocket, over_sse])


async def titles(client: Client) -> list[str]:
    found = await client.data("{ conversations { nodes { title } } }")
    return [each["title"] for each in found["conversations"]["nodes"]]


@TRANSPORTS
@pytest.mark.parametrize("name", [{}, {"operationName": None}])
async def test_of_several_operations_none_is_run_unless_it_is_named(client: Client, ask: Transport, name: Json) -> None:
    answer = await ask(client, {"query": TWO, **name})
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "operation name" in error["message"]
    assert await titles(client) == []


@TRANSPORTS
@pytest.mark.parametrize("query", [ONE, TWO])
async def test_an_operation_that_is_not_in_the_document_is_not_run_nor_another(
    client: Client, ask: Transport, query: str
) -> None:
    answer = await ask(client, {"query": query, "operationName": "C"})
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "'C'" in error["message"]
    assert await titles(client) == []


@TRANSPORTS
async def test_the_operation_that_is_named_is_run_alone(client: Client, ask: Transport) -> None:
    answer = await ask(client, {"query": TWO, "operationName": "B"})
    assert answer["data"] == {"createConversation": {"title": "B"}}
    assert await titles(client) == ["B"]


@TRANSPORTS
async def test_the_only_operation_needs_no_name(client: Client, ask: Transport) -> None:
    assert (await ask(client, {"query": ONE}))["data"] == {"createConversation": {"title": "one"}}


async def test_the_status_says_so_too_in_the_media_type_of_graphql(client: Client) -> None:
    accept = {"accept": "application/graphql-response+json"}
    for body in ({"query": TWO}, {"query": ONE, "operationName": "C"}):
        assert (await client.http.post("/graphql", json=body, headers=accept)).status_code == 400
