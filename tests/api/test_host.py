from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
import websockets

from app.api.host import LocalNamesOnly
from tests.serving import Served


async def nothing(*_: object) -> None:
    """An application that is never reached."""


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "chat.localhost", "box"]
)
def test_this_machines_names_are_served(host: str) -> None:
    assert LocalNamesOnly(nothing, ["box"]).knows(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "10.0.0.1:8000", "[::1", "127.0.0.1.nip.example"]
)
def test_other_names_are_refused(host: str) -> None:
    assert not LocalNamesOnly(nothing, ["box"]).knows(host)


async def test_a_page_that_rebinds_its_name_reaches_neither_http_nor_websocket(server: Served) -> None:
    async with httpx.AsyncClient() as client:
        refused = await client.get(f"{server.url}/healthz", headers={"host": "evil.example"})
        served = await client.get(f"{server.url}/healthz", headers={"host": "localhost:1"})
    assert (refused.status_code, served.status_code) == (421, 200)
    with pytest.raises(websockets.InvalidStatus) as closed:
        await websockets.connect("ws://evil.example/graphql", host="127.0.0.1", port=urlsplit(server.url).port)
    assert closed.value.response.status_code == 403
