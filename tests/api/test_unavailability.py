"""A database that is away, and a server that stops, as every edge tells it: the whole service, and a real outage.

OpenAI's other endpoints are in rest/test_openapi_statuses.py.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import httpx

from app.chat.keys import new_secret
from tests.api.failing_ports import SAID
from tests.api.graphql.client import ACK, FOLLOW, POST
from tests.api.guarded import ask, first_answer, opened
from tests.chat.shaky_postgres import ShakyPostgres
from tests.serving import serving

AWAY = {"code": "STORAGE_UNAVAILABLE", "retryable": True}
STOPPING = {"code": "SHUTTING_DOWN", "retryable": True}
READ = "{ conversations { totalCount } }"
SAYING = {"input": {"content": "Hello"}}
MESSAGE = "msg_01h2xcejqtf2nbrexx3vqjhp41"
CREATING = ["/v1/chat/completions", "/egp/v1/chat-completions"]


def extensions(answer: Any) -> Any:
    (error,) = answer["errors"]
    return error["extensions"]


async def test_a_database_that_is_away_is_told_over_every_transport_and_all_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with (
        ShakyPostgres(tmp_path / "data") as postgres,
        serving(postgres.url) as served,
        httpx.AsyncClient(base_url=served.url, timeout=60) as client,
        opened(served.websocket_url) as socket,
    ):
        await socket.send({"type": "connection_init"})
        assert await socket.receive() == ACK
        await postgres.stop()
        for query, variables in ((READ, {}), (POST, SAYING)):
            assert extensions(await ask(client, query, **variables)) == AWAY
            assert extensions((await first_answer(socket, query, **variables))["payload"]) == AWAY
            assert (await socket.receive())["type"] == "complete"
        followed = await first_answer(socket, FOLLOW, id=MESSAGE)
        assert (followed["type"], followed["payload"][0]["extensions"]) == ("error", AWAY)
        stored = await client.post(CREATING[0], json={**SAID, "store": True})
        assert (stored.status_code, stored.json()["error"]["code"]) == (503, "STORAGE_UNAVAILABLE")
        for path in CREATING:  # which store nothing
            assert (await client.post(path, json=SAID)).status_code == 200
        await postgres.start()
        assert (await first_answer(socket, READ))["payload"]["data"]["conversations"] == {"totalCount": 0}


async def test_a_key_that_cannot_be_looked_up_is_not_called_a_wrong_one(tmp_path: Path) -> None:
    key = {"authorization": f"Bearer {new_secret()}"}
    async with (
        ShakyPostgres(tmp_path / "data") as postgres,
        serving(postgres.url, auth="keys") as served,
        httpx.AsyncClient(base_url=served.url, headers=key, timeout=60) as client,
    ):
        await postgres.stop()
        answers = [await client.post(path, json=SAID) for path in CREATING]
        answers += [await client.get("/v1/models"), await client.post("/graphql", json={"query": READ})]
        assert [each.status_code for each in answers] == [503] * 4
        assert all("STORAGE_UNAVAILABLE" in each.text for each in answers)
        assert not any("www-authenticate" in each.headers for each in answers)
        async with opened(served.websocket_url, **key) as socket:
            await socket.send({"type": "connection_init"})
            code, reason = await socket.closed()
        assert (code, reason) == (1013, "the database cannot be reached; try again")


async def test_a_server_that_stops_begins_nothing_and_still_tells_what_is_there(database_url: str) -> None:
    async with serving(database_url) as served, httpx.AsyncClient(base_url=served.url) as client:
        served.parley.chat.turns.close()
        for path, stream in product(CREATING, [False, True]):
            answer = await client.post(path, json={**SAID, "stream": stream})
            assert (answer.status_code, "SHUTTING_DOWN" in answer.text) == (503, True)
        assert extensions(await ask(client, POST, **SAYING)) == STOPPING
        assert (await ask(client, READ))["data"] == {"conversations": {"totalCount": 0}}
