"""What is asked of each size is the same question with the same answer."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from bench.graphql_client import clients
from bench.growth.operations import POST, READ, SEARCH, requests
from bench.stored_messages import fill
from tests.serving import Served


async def test_what_is_posted_meanwhile_changes_neither_the_page_nor_what_is_found(
    server: Served, database_url: str
) -> None:
    await fill(database_url, 200)
    port = urlsplit(server.url).port
    assert port
    asked = await requests(port)

    async def answer(name: str) -> object:
        async with clients(port, asked[name], 1) as [client]:
            return json.loads(await client.ask())

    before = [await answer(READ), await answer(SEARCH)]
    assert await answer(POST) != await answer(POST)
    assert [await answer(READ), await answer(SEARCH)] == before
