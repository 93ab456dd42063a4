"""The load client, on real sockets: it counts what came, and a server that errs does not get away with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from bench.delivery.measurement import measure
from bench.delivery.server_process import peer
from bench.delivery.stamp import stamped
from bench.delivery.watchers import DOCUMENT, Tally, watching

DEADLINE_SECONDS = 30.0

Act = Callable[[ServerConnection], Awaitable[None]]


async def watched(act: Act) -> Tally:
    """By one socket, to its end, of a server that acts so once it has been asked for a subscription."""

    async def handle(connection: ServerConnection) -> None:
        assert json.loads(await connection.recv()) == {"type": "connection_init"}
        await connection.send('{"type": "connection_ack"}')
        subscribe = json.loads(await connection.recv())
        assert subscribe["payload"] == {"query": DOCUMENT, "variables": {"id": "msg_1"}}
        await act(connection)
        await connection.wait_closed()

    options: dict[str, Any] = {"subprotocols": [Subprotocol("graphql-transport-ws")], "compression": None}
    async with serve(handle, "127.0.0.1", 0, **options) as server, asyncio.timeout(DEADLINE_SECONDS):
        port = next(iter(server.sockets)).getsockname()[1]
        async with watching(port, ["msg_1"]) as tally:
            await tally.all_ended()
    return tally


async def say(connection: ServerConnection, *events: dict[str, Any]) -> None:
    for event in events:
        message = {"id": "1", "type": "next", "payload": {"data": {"completion": event}}}
        await connection.send(json.dumps(message))


async def complete(connection: ServerConnection) -> None:
    await connection.send('{"id": "1", "type": "complete"}')


def delta(seq: int, *produced_us: int) -> dict[str, Any]:
    return {"seq": seq, "content": "".join(map(stamped, produced_us))}


def end(seq: int, status: str = "COMPLETE") -> dict[str, Any]:
    return {"seq": seq, "message": {"id": "msg_1", "status": status}}


async def test_deltas_are_counted_each_where_they_come_joined() -> None:
    async def act(connection: ServerConnection) -> None:
        await say(connection, delta(1, 5), delta(4, 6, 7, 8), end(4))
        await complete(connection)

    tally = await watched(act)
    assert (tally.deltas, len(tally.ages)) == (4, 4)


async def test_pings_of_both_protocols_are_answered() -> None:
    async def act(connection: ServerConnection) -> None:
        await connection.send('{"type": "ping"}')
        assert json.loads(await connection.recv()) == {"type": "pong"}
        await (await connection.ping())
        await say(connection, delta(1, 5), end(1))
        await complete(connection)

    assert (await watched(act)).deltas == 1


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([delta(1, 5), end(2)], "1 deltas before"),
        ([delta(1, 5), delta(2, 4), end(2)], "out of order"),
        ([delta(2, 5, 4), end(2)], "out of order"),
        ([delta(1, 5), end(1, "FAILED")], "FAILED"),
    ],
    ids=["lost", "swapped", "swapped within", "failed"],
)
async def test_what_is_wrong_with_a_reply_fails_the_measurement(events: list[dict[str, Any]], why: str) -> None:
    async def act(connection: ServerConnection) -> None:
        await say(connection, *events)
        await complete(connection)

    with pytest.raises(AssertionError, match=why):
        await watched(act)


async def test_so_does_an_error() -> None:
    async def act(connection: ServerConnection) -> None:
        await connection.send('{"id": "1", "type": "error", "payload": [{"message": "no such reply"}]}')

    with pytest.raises(AssertionError, match="no such reply"):
        await watched(act)


async def test_so_does_a_socket_that_is_closed_before_its_end() -> None:
    async def act(connection: ServerConnection) -> None:
        await say(connection, delta(1, 5))
        await connection.close()

    with pytest.raises(AssertionError, match="closed"):
        await watched(act)


@pytest.mark.parametrize("kind", ["", "joined", "mirror"])
async def test_parleys_edge_brings_every_delta_of_a_source(kind: str) -> None:
    async with peer("parley", kind) as process:
        found = await measure(process, 3, 0.1, 1_000, one_reply=kind == "mirror")
    assert found.seen == found.sent == len(found.ages) == 100 * (3 if kind == "mirror" else 1)
