"""What one socket can make the server keep: requests under way, and answers that nobody reads."""

from __future__ import annotations

import asyncio
import gc
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import randbytes
from typing import Any

from app.api.graphql.context import Context
from app.api.graphql.limits import MAX_REQUEST_BYTES_PER_SOCKET
from app.api.graphql.operation import responses
from app.api.graphql.request import GraphQLRequest
from app.api.identity import Identity
from app.chat.identifiers import message_id
from app.chat.service import Chat
from tests.api.graphql.client import FOLLOW, Client
from tests.api.graphql.storage_calls import StorageCalls
from tests.api.graphql.websocket.test_connection import slow_reply

MODELS = "{ models { id } }"
CONTENT = "query Q($id: ID!) { message(id: $id) { content } }"
MARK = "kept-by-a-socket"
RATE_LIMITED = {"code": "RATE_LIMITED", "retryable": True}


def kept() -> int:
    """How many values of a request marked so there are in this process, which is the server's, too."""
    gc.collect()
    lists = (each for each in gc.get_objects() if type(each) is list and len(each) == 2)
    return sum(type(each[0]) is str and each[0] == MARK for each in lists)


async def test_of_a_request_an_open_subscription_keeps_no_more_than_it_needs(client: Client) -> None:
    id = await slow_reply(client)
    payload = {
        "query": FOLLOW,
        "variables": {"id": id, "after": 0, "unused": [MARK, 1]},
        "extensions": {"unknown": [MARK, 2]},
        "unknown": [MARK, 3],
    }
    async with client.socket() as socket:
        for number in range(3):
            await socket.send({"id": str(number), "type": "subscribe", "payload": payload})
        heard: set[str] = set()
        while len(heard) < 3:
            message = await socket.receive()
            assert message["type"] == "next", message
            heard.add(message["id"])
        assert kept() == 3  # which are those of this test


async def test_the_requests_under_way_on_a_socket_have_so_many_bytes_at_most(client: Client) -> None:
    id = await slow_reply(client)
    unused = "x" * (MAX_REQUEST_BYTES_PER_SOCKET * 2 // 5)
    async with client.socket() as socket:
        for number in ("0", "1", "2"):
            await socket.subscribe(number, FOLLOW, id=id, after=0, unused=unused)
        await socket.subscribe("short", MODELS)
        said = await answers(socket, "2", "short")
        assert (said["2"]["type"], said["2"]["payload"][0]["extensions"]) == ("error", RATE_LIMITED)
        assert f"{MAX_REQUEST_BYTES_PER_SOCKET:,} bytes" in said["2"]["payload"][0]["message"]
        assert said["short"]["type"] == "next"
        await socket.complete("0")
        await socket.subscribe("short", MODELS)
        await answers(socket, "short")
        await socket.subscribe("3", FOLLOW, id=id, after=0, unused=unused)
        assert (await answers(socket, "3"))["3"]["type"] == "next"


async def answers(socket: Any, *ids: str) -> dict[str, Any]:
    """The first message of each of the operations from now on that is not its end."""
    found: dict[str, Any] = {}
    while found.keys() != set(ids):
        message = await socket.receive()
        if message["id"] in ids and message["type"] != "complete":
            found.setdefault(message["id"], message)
    return found


async def test_a_query_waits_until_there_is_room_for_its_answer_and_a_subscription_does_not(
    chat: Chat, client: Client
) -> None:
    id = await slow_reply(client)
    room = asyncio.Semaphore(1)

    def ask(query: str, answers: asyncio.Semaphore | None, **variables: Any) -> AsyncGenerator[Any]:
        return responses(GraphQLRequest(query, variables), Context(chat, Identity(client.owner), answers=answers))

    async with aclosing(ask(MODELS, room)) as first, aclosing(ask(MODELS, room)) as second:
        assert (await anext(first))["data"]
        waits = asyncio.create_task(anext(second))
        async with aclosing(ask(FOLLOW, room, id=id, after=0)) as events:
            assert (await anext(events))["data"]
            assert (await anext(events))["data"]
            assert [each async for each in ask("{ conversations { totalCount } }", None)]
            assert not waits.done()
            assert await anext(first, None) is None  # its answer has been taken
            assert (await waits)["data"]
    assert not room.locked()


async def test_an_operation_that_fails_or_is_given_up_leaves_its_room_to_others(chat: Chat, client: Client) -> None:
    room = asyncio.Semaphore(1)
    missing = 'mutation { deleteConversation(id: "conv_01h2xcejqtf2nbrexx3vqjhp41") }'
    for query in (MODELS, missing, "{", "{ nothing }"):
        stream = responses(GraphQLRequest(query), Context(chat, Identity(client.owner), answers=room))
        async with aclosing(stream):
            await asyncio.gather(anext(stream), return_exceptions=True)
        assert not room.locked()


async def test_what_a_client_does_not_read_is_not_made_until_it_does(client: Client, calls: StorageCalls) -> None:
    asked = 60
    incompressible = b64encode(randbytes(750_000)).decode()
    big = (await client.post(incompressible, reply=False))["message"]["id"]
    async with client.socket() as socket:  # whose client stops reading when it has some frames in stock
        with calls.counted() as counted:
            for number in range(asked):
                await socket.subscribe(str(number), CONTENT, id=big)
            for _ in range(20):
                await client.data("{ conversations { nodes { id } } }")
        assert sum(str(message_id(big)) in each for each in counted.requests) < asked * 2 // 3
        ended: set[str] = set()
        while len(ended) < asked:
            message = await socket.receive()
            if message["type"] == "complete":
                ended.add(message["id"])
