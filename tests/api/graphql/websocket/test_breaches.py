"""Whatever a client does to a socket, it hears from the server why it ends: a code of the protocol's own, not 1006."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from app.api.graphql import GraphQLRouter
from app.api.graphql.http import Endpoint
from app.api.graphql.websocket.sockets import Sockets
from app.api.identity import Identity
from app.chat.service import Chat
from tests.api.graphql.client import ACK, INIT, Client
from tests.api.graphql.conftest import identify
from tests.api.graphql.serving import serving

QUERY = {"query": "{ __typename }"}
PING, PONG = {"type": "ping"}, {"type": "pong"}

BREACHES: list[Any] = [
    "",
    "[]",
    '"ping"',
    "null",
    "1",
    "true",
    "{",
    "[" * 50_000,
    b"",
    b'{"type":"ping"}',
    {},
    {"type": None},
    {"type": "connection_ack"},
    {"type": "next", "id": "1", "payload": {}},
    {"type": "error", "id": "1", "payload": []},
    {"type": "start", "id": "1", "payload": QUERY},
    {"type": "ping", "payload": "text"},
    {"type": "pong", "payload": []},
    {"type": "connection_init", "payload": "text"},
    {"type": "subscribe"},
    {"type": "subscribe", "id": "1"},
    {"type": "subscribe", "id": "1", "payload": None},
    {"type": "subscribe", "id": "1", "payload": {"query": None}},
    {"type": "subscribe", "id": 1, "payload": QUERY},
    {"type": "subscribe", "id": "", "payload": QUERY},
    {"type": "subscribe", "id": None, "payload": QUERY},
    {"type": "subscribe", "id": {"a": 1}, "payload": QUERY},
    {"type": "subscribe", "id": "1", "payload": {**QUERY, "variables": "text"}},
    {"type": "subscribe", "id": "1", "payload": {**QUERY, "operationName": 1}},
    {"type": "subscribe", "id": "1", "payload": {**QUERY, "extensions": []}},
    {"type": "complete"},
    {"type": "complete", "id": {}},
]


@pytest.mark.parametrize("message", BREACHES, ids=lambda message: str(message)[:40])
async def test_what_the_protocol_does_not_define_closes_with_4400(client: Client, message: Any) -> None:
    async with client.socket() as socket:
        await socket.send(message)
        code, reason = await socket.closed()
    assert code == 4400
    assert reason.startswith("Invalid message: ")


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (PING, PONG),
        ({**PING, "payload": None}, PONG),
        ({**PING, "payload": {}}, {**PONG, "payload": {}}),
        ({**PING, "unknown": 1}, PONG),
    ],
)
async def test_what_it_does_define_is_answered(client: Client, message: Any, answer: Any) -> None:
    async with client.socket() as socket:
        await socket.send(message)
        assert await socket.receive() == answer


async def test_a_subscription_before_the_acknowledgement_closes_with_4401(client: Client) -> None:
    async with client.socket(init=False) as socket:
        await socket.send({"type": "subscribe", "id": "1", "payload": QUERY})
        assert await socket.closed() == (4401, "Unauthorized")


async def test_a_second_init_closes_with_4429_during_an_operation_too(client: Client) -> None:
    async with client.socket() as socket:
        await socket.send(INIT)
        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_an_error_is_the_last_word_of_its_operation(client: Client) -> None:
    async with client.socket() as socket:
        await socket.send({"type": "subscribe", "id": "1", "payload": {"query": "{"}})
        first = await socket.receive()
        assert (first["type"], first["id"]) == ("error", "1")
        await socket.send(PING)
        assert await socket.receive() == PONG


async def test_what_the_server_did_not_foresee_closes_with_4500_and_says_nothing_of_it(
    chat: Chat, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> Identity:
        raise ZeroDivisionError("secret")

    app = FastAPI()
    served = GraphQLRouter(Endpoint(chat, identify, None), Sockets(chat, broken)).added_to(app)
    async with serving(served) as port, Client(client.http, port, client.owner).socket(init=False) as socket:
        await socket.send(INIT)
        code, reason = await socket.closed()
    assert (code, reason.removesuffix(reason[-16:])) == (4500, "Internal error ")
    assert "ZeroDivisionError" in caplog.text


async def test_an_init_that_is_acknowledged_is_followed_by_nothing(client: Client) -> None:
    async with client.socket(init=False) as socket:
        await socket.send({**INIT, "payload": {}})
        assert await socket.receive() == ACK
        await socket.send(PING)
        assert await socket.receive() == PONG
