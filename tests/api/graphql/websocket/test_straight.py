from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.api.graphql.client import Client


async def test_what_is_no_socket_of_that_path_is_the_frameworks(client: Client) -> None:
    async with client.socket() as socket:
        await socket.subscribe("1", "{ __typename }")
        assert (await socket.receive())["type"] == "next"
    assert (await client.http.get("/graphql", headers={"accept": "text/html"})).text == "the playground"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{client.port}/elsewhere", subprotocols=[Subprotocol("any")]):
            pass
    assert refused.value.response.status_code == 403
