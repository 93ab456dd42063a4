"""Each message and each close code of graphql-transport-ws, on a real socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from app.api.graphql.limits import MAX_OPERATIONS_PER_SOCKET
from tests.api.graphql.client import ACK, FOLLOW, INIT, POST, Client

MODELS = "{ models { id } }"
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"


def subscribe(query: str, number: str = "1", /, **variables: Any) -> Any:
    return {"id": number, "type": "subscribe", "payload": {"query": query, "variables": variables}}


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {"authorization": "Bearer x"}}])
async def test_an_init_is_acknowledged(client: Client, payload: dict[str, Any]) -> None:
    async with client.socket(init=False) as socket:
        await socket.send(INIT | payload)
        assert await socket.receive() == ACK


@pytest.mark.parametrize("payload", [{}, {"payload": {"a": 1}}])
async def test_a_ping_is_answered_with_its_payload_before_an_init_too(client: Client, payload: dict[str, Any]) -> None:
    async with client.socket(init=False) as socket:
        await socket.send({"type": "ping"} | payload)
        assert await socket.receive() == {"type": "pong"} | payload


async def test_an_unsolicited_pong_is_let_be(client: Client) -> None:
    async with client.socket() as socket:
        await socket.send({"type": "pong", "payload": {"a": 1}})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_completing_what_is_unknown_is_let_be(client: Client) -> None:
    async with client.socket() as socket:
        await socket.complete("nothing")
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        ([subscribe(MODELS)], 4401, "Unauthorized"),
        ([INIT, INIT], 4429, "Too many initialisation requests"),
        (["{"], 4400, "Invalid message: a message must be JSON"),
        (["[]"], 4400, "Invalid message: a message must be a JSON object"),
        ([b"{}"], 4400, "Invalid message: a message must be text"),
        ([{"type": "bogus"}], 4400, "Invalid message: 'bogus' is no type of message that a client sends"),
        ([{"type": "x" * 500}], 4400, None),
        ([{"type": "\ud800"}], 4400, None),
    ],
)
async def test_a_breach_of_the_protocol_closes_the_socket(
    client: Client, messages: list[Any], code: int, reason: str | None
) -> None:
    async with client.socket(init=False) as socket:
        for message in messages:
            await socket.send(message)
        if messages[0] == INIT:
            assert await socket.receive() == ACK
        closed_with, because = await socket.closed()
    assert closed_with == code
    assert reason in (None, because)


async def test_an_id_in_use_cannot_be_used_again(client: Client) -> None:
    reply = (await client.post("Hello", model="slow"))["reply"]["id"]
    async with client.socket() as socket:
        await socket.send(subscribe(FOLLOW, "é", id=reply, after=0))
        await socket.send(subscribe(MODELS, "é"))
        assert await socket.closed() == (4409, "Subscriber for é already exists")


async def test_an_id_is_free_again_when_its_operation_has_ended(client: Client) -> None:
    reply = (await client.post("Hello", model="slow"))["reply"]["id"]
    async with client.socket() as socket:
        for _ in range(3):
            await socket.send(subscribe(MODELS))
            assert len(await socket.payloads("1")) == 1
        for _ in range(3):
            await socket.send(subscribe("{ nothing }"))
            assert (await socket.receive())["type"] == "error"
        for _ in range(3):  # completed by the client, and begun anew in the same breath
            await socket.send(subscribe(FOLLOW, id=reply, after=0))
            assert (await socket.receive())["type"] == "next"
            await socket.complete("1")
        await socket.send(subscribe(MODELS))
        received = await socket.receive()
        assert received["payload"]["data"].keys() == {"models"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ('subscription { "' + "x" * 300 + '" }', "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { completion { seq } }", "GRAPHQL_VALIDATION_FAILED"),
        (FOLLOW, "BAD_USER_INPUT"),
        ("fragment F on Model { id }", "BAD_USER_INPUT"),
        ("{ models { " + "id " * 2_000 + "} }", "QUERY_TOO_COMPLEX"),
    ],
)
async def test_a_request_that_is_wrong_is_an_error_of_its_own_and_the_others_go_on(
    client: Client, query: str, code: str
) -> None:
    reply = (await client.post("Hello", model="slow"))["reply"]["id"]
    async with client.socket() as socket:
        await socket.send(subscribe(FOLLOW, "other", id=reply, after=0))
        assert (await socket.receive())["id"] == "other"
        await socket.send(subscribe(query))
        while (message := await socket.receive())["id"] == "other":
            assert message["type"] == "next"
        assert (message["type"], message["id"]) == ("error", "1")
        assert {each["extensions"]["code"] for each in message["payload"]} <= {code, "GRAPHQL_VALIDATION_FAILED"}
        assert (await socket.receive())["id"] == "other"


async def test_a_lone_surrogate_is_refused_and_the_socket_lives_on(client: Client) -> None:
    async with client.socket() as socket:
        await socket.send(subscribe(POST, "\ud800", input={"content": "\ud800"}))
        message = await socket.receive()
        assert message["id"] == "\ud800"
        assert message["payload"]["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT", "field": "content"}
        assert await socket.receive() == {"id": "\ud800", "type": "complete"}


async def test_only_so_many_operations_run_on_a_socket_at_a_time(client: Client) -> None:
    reply = (await client.post("Hello", model="slow"))["reply"]["id"]
    async with client.socket() as socket:
        for number in range(MAX_OPERATIONS_PER_SOCKET + 1):
            await socket.send(subscribe(FOLLOW, str(number), id=reply, after=0))
        while (message := await socket.receive())["type"] == "next":
            pass
        assert message["id"] == str(MAX_OPERATIONS_PER_SOCKET)
        assert message["payload"][0]["extensions"] == {"code": "RATE_LIMITED", "retryable": True}
        await socket.complete("0")
        await socket.send(subscribe(MODELS, "one more"))
        while (message := await socket.receive())["id"] != "one more":
            pass
        assert message["type"] == "next"


async def test_answers_are_text_frames_without_needless_escapes(client: Client) -> None:
    posted = await client.post("é\u2028😀", reply=False)
    async with client.socket() as socket:
        await socket.send(subscribe("query Q($id: ID!) { message(id: $id) { content } }", id=posted["message"]["id"]))
        frame = await socket.connection.recv()
    assert isinstance(frame, str)
    assert "é\u2028😀" in frame
    assert json.loads(frame)["payload"]["data"]["message"]["content"] == "é\u2028😀"


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"], ["mqtt", "graphql-ws"]])
async def test_no_other_subprotocol_is_spoken(client: Client, subprotocols: list[Subprotocol] | None) -> None:
    async with connect(f"ws://127.0.0.1:{client.port}/graphql", subprotocols=subprotocols) as connection:
        await connection.wait_closed()
    assert (connection.close_code, connection.close_reason) == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_page_of_another_origin_gets_no_socket(client: Client, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with client.socket(origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_an_own_page_gets_one(client: Client) -> None:
    async with client.socket(origin=f"http://127.0.0.1:{client.port}") as socket:
        await socket.send(subscribe(MODELS))
        assert await socket.payloads("1")
