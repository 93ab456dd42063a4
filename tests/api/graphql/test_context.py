"""What an operation leaves behind: nothing."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from app.api.graphql.context import Context
from tests.api.graphql.client import FOLLOW, Client

DEADLINE_SECONDS = 10

PAGE = "{ conversations(first: 2) { nodes { id messages(last: 2) { nodes { role content } } } } }"
MANY_READS = """
{
  conversations(first: 2, after: null) {
    totalCount
    nodes {
      title activeCompletion { id } tip { siblings { parent { content siblings { id conversation { title } } } } }
      a: messages(first: 1) { edges { node { parent { id } } } } b: messages(last: 2) { nodes { status } }
    }
  }
}
"""
CHANGE = 'mutation { postMessage(input: {content: "Three", reply: false}) { message { id siblings { content } } } }'


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def all_gone(owner: str) -> bool:
    """Within the time that a server takes to come to the end of what it has answered already."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
    while any(type(each) is Context and each.owner == owner for each in gc.get_objects()):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("operation", [PAGE, MANY_READS, CHANGE])
async def test_what_an_operation_has_read_goes_with_it_and_does_not_wait_for_the_garbage_collector(
    client: Client, operation: str
) -> None:
    await client.post("One", reply=False)
    await client.post("Two", reply=False)
    await client.data(operation)
    assert await all_gone(client.owner)


@pytest.mark.usefixtures("no_collector")
async def test_nor_does_what_was_asked_on_a_socket(client: Client) -> None:
    await client.post("One", reply=False)
    async with client.socket() as socket:
        await socket.subscribe("1", MANY_READS)
        assert await socket.payloads("1")
        assert await all_gone(client.owner)


@pytest.mark.usefixtures("no_collector")
async def test_nor_does_a_subscription_that_has_ended(client: Client) -> None:
    id = (await client.post("One", model="demo-fast"))["reply"]["id"]
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id)
        assert await socket.payloads("1")
        assert await all_gone(client.owner)


@pytest.mark.usefixtures("no_collector")
async def test_nor_does_one_that_its_client_has_left(client: Client) -> None:
    id = (await client.post("One", model="slow"))["reply"]["id"]
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id)
        await socket.receive()
        await socket.complete("1")
        assert await all_gone(client.owner)
