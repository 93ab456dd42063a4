"""Who has a valid key gets in, by every door, and nobody else: a real server, real sockets, real keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
from fastapi import FastAPI

from app.api.graphql import graphql_router
from app.api.identity import identity_by_key
from app.api.rate_limits import Allowances, KeyLimits
from app.chat.key_verification import KeyVerifier
from app.chat.keys import new_secret
from tests.api.graphql.client import ACK, FOLLOW, POST
from tests.api.graphql.serving import serving
from tests.api.guarded import Guarded, ask, closed, first_answer, opened, routes_of
from tests.serving import Served
from tests.stored_keys import CountedKeys, stored_keys

MODELS = "{ models { id } }"
EGP = "/egp/v1/chat-completions"
MADE_UP = ["sk-made-up", "parley_made_up", new_secret()]
ASKED = {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}

SENT: list[dict[str, str]] = [
    {"authorization": "Bearer {}"},
    {"authorization": "bearer {}"},
    {"authorization": "{}"},
    {"x-api-key": "{}"},
]
PAYLOADS: list[dict[str, Any]] = [
    {"authorization": "Bearer {}"},
    {"Authorization": "{}"},
    {"apiKey": "{}"},
    {"x-api-key": "{}"},
    {"headers": {"Authorization": "Bearer {}"}},
]


def filled(form: Any, key: str) -> Any:
    return {name: filled(each, key) for name, each in form.items()} if isinstance(form, dict) else form.format(key)


@pytest.fixture
async def nobody(guarded: Guarded) -> AsyncGenerator[httpx.AsyncClient]:
    """A caller without a key."""
    async with httpx.AsyncClient(base_url=guarded.served.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize("headers", SENT, ids=str)
async def test_a_key_lets_in_however_it_is_sent(
    guarded: Guarded, nobody: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    sent = filled(headers, await guarded.key())
    answers = [
        await nobody.post("/graphql", json={"query": MODELS}, headers=sent),
        await nobody.get("/graphql", params={"query": MODELS}, headers=sent),
        await nobody.get("/v1/models", headers=sent),
        await nobody.post(EGP, json=ASKED, headers=sent),
    ]
    assert [each.status_code for each in answers] == [200] * 4


@pytest.mark.parametrize("key", [None, *MADE_UP])
async def test_graphql_refuses_whoever_has_none_before_it_looks_at_the_request(
    nobody: httpx.AsyncClient, key: str | None
) -> None:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    asked = [b'{"query": "{ models { id } }"}', b"{", b" " * 9_000_000]
    for each in asked:
        answer = await nobody.post("/graphql", content=each, headers={"content-type": "application/json", **headers})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        (error,) = answer.json()["errors"]
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert "data" not in answer.json()
    assert (await nobody.get("/graphql", params={"query": MODELS}, headers=headers)).status_code == 401


async def test_every_rest_route_refuses_whoever_has_no_key(guarded: Guarded, nobody: httpx.AsyncClient) -> None:
    routes = list(routes_of(guarded.served.parley.rest))
    assert len(routes) >= 13
    for method, path in routes:
        for headers in ({}, {"authorization": f"Bearer {new_secret()}"}):
            answer = await nobody.request(method, path.replace("{id}", "nothing"), headers=headers)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            said = answer.json()
            if path == EGP:
                assert (set(said), said["code"]) == ({"detail", "code"}, "invalid_api_key")
            else:
                kind = (said["error"]["type"], said["error"]["code"], said["error"]["param"])
                assert kind == ("authentication_error", "invalid_api_key", None), path


async def test_the_openai_sdk_takes_a_key_and_tells_a_wrong_one(guarded: Guarded) -> None:
    url = f"{guarded.served.url}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key=await guarded.key()) as sdk:
        assert [each.id async for each in sdk.models.list()]
    async with openai.AsyncOpenAI(base_url=url, api_key="sk-made-up") as sdk:
        with pytest.raises(openai.AuthenticationError, match="not valid"):
            await sdk.models.list()


@pytest.mark.parametrize("path", ["/", "/graphql", "/docs", "/openapi.json", "/healthz", "/readyz"])
async def test_pages_and_health_need_no_key(nobody: httpx.AsyncClient, path: str) -> None:
    answer = await nobody.get(path, headers={"accept": "text/html,*/*;q=0.1"}, follow_redirects=True)
    assert answer.status_code == 200


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
async def test_a_socket_is_let_in_by_the_payload_of_its_init(guarded: Guarded, payload: dict[str, Any]) -> None:
    async with guarded.socket(filled(payload, await guarded.key())) as socket:
        assert await socket.receive() == ACK
        assert (await first_answer(socket, MODELS))["type"] == "next"


@pytest.mark.parametrize("headers", SENT, ids=str)
async def test_a_socket_is_let_in_by_the_headers_of_its_handshake(guarded: Guarded, headers: dict[str, str]) -> None:
    async with guarded.socket(**filled(headers, await guarded.key())) as socket:
        assert await socket.receive() == ACK


@pytest.mark.parametrize("key", [None, *MADE_UP])
async def test_a_socket_without_a_valid_key_is_closed_with_forbidden(guarded: Guarded, key: str | None) -> None:
    async with guarded.socket({"authorization": f"Bearer {key}"} if key else None) as socket:
        assert await socket.closed() == (4403, "Forbidden")


async def test_a_socket_that_asks_before_it_is_let_in_is_unauthorized(guarded: Guarded) -> None:
    async with opened(guarded.served.websocket_url, x_api_key=await guarded.key()) as socket:
        await socket.subscribe("1", MODELS)
        assert await socket.closed() == (4401, "Unauthorized")


async def test_keys_of_one_owner_share_conversations_and_others_do_not(guarded: Guarded) -> None:
    async with guarded.caller(owner="team") as one, guarded.caller(owner="team") as two, guarded.caller() as other:
        posted = (await ask(one, POST, input={"content": "Hello", "reply": False}))["data"]["postMessage"]
        query = "query Q($id: ID!) { message(id: $id) { content } }"
        found = [(await ask(each, query, id=posted["message"]["id"]))["data"]["message"] for each in (one, two, other)]
    assert found == [{"content": "Hello"}, {"content": "Hello"}, None]


async def test_a_server_for_this_machine_alone_takes_made_up_keys(server: Served) -> None:
    """As the examples of other services' documents send them."""
    async with httpx.AsyncClient(base_url=server.url, headers={"authorization": "Bearer sk-made-up"}) as client:
        assert (await client.get("/v1/models")).status_code == 200
        assert "errors" not in await ask(client, MODELS)
    async with opened(server.websocket_url) as socket:
        await socket.send({"type": "connection_init", "payload": {"authorization": "Bearer sk-made-up"}})
        assert await socket.receive() == ACK


@asynccontextmanager
async def forgetful(guarded: Guarded, keys: CountedKeys, holds_seconds: float) -> AsyncGenerator[str]:
    """The same service where a key is looked up again after that time; the address of its WebSocket."""
    limits = KeyLimits(requests_per_second=1_000, burst=1_000, sockets=1_000)
    identify = identity_by_key(KeyVerifier(keys, holds_seconds=holds_seconds), Allowances(limits))
    router = graphql_router(guarded.served.parley.chat, identify=identify)
    async with serving(router.added_to(FastAPI())) as port:
        yield f"ws://127.0.0.1:{port}/graphql"


@pytest.fixture
async def counted(guarded: Guarded) -> AsyncGenerator[CountedKeys]:
    async with stored_keys(guarded.database_url) as keys:
        yield keys


async def test_the_open_sockets_of_a_revoked_key_are_closed_and_others_stay(
    guarded: Guarded, counted: CountedKeys
) -> None:
    lasting, (doomed, name) = await guarded.key(), await named(guarded)
    async with (
        forgetful(guarded, counted, 0.3) as url,
        opened(url, x_api_key=doomed) as idle,
        opened(url) as following,
        opened(url, x_api_key=lasting) as other,
    ):
        for socket, payload in ((idle, {}), (following, {"headers": {"authorization": doomed}}), (other, {})):
            await socket.send({"type": "connection_init", "payload": payload})
            assert await socket.receive() == ACK
        posted = (await first_answer(following, POST, input={"content": "Hello"}))["payload"]["data"]["postMessage"]
        assert (await following.receive())["type"] == "complete"
        assert (await first_answer(following, FOLLOW, id=posted["reply"]["id"]))["type"] == "next"
        await guarded.keys.revoke(name)
        assert await closed(idle, 10) == (4403, "Forbidden")
        assert await closed(following, 10) == (4403, "Forbidden")
        assert (await first_answer(other, MODELS))["type"] == "next"


async def test_many_open_sockets_of_a_key_have_it_looked_up_once_at_a_time(
    guarded: Guarded, counted: CountedKeys
) -> None:
    key = await guarded.key()
    async with forgetful(guarded, counted, 0.3) as url, opened(url, x_api_key=key) as first:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(20):
                tasks.create_task(kept_open(url, key, counted))
        await first.send({"type": "connection_init"})
        assert await first.receive() == ACK
    assert counted.asked <= 6 + 2, "each of twenty would have asked at least five times"


async def kept_open(url: str, key: str, counted: CountedKeys) -> None:
    """Until it has been looked up five times."""
    async with opened(url, x_api_key=key) as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.receive() == ACK
        async with asyncio.timeout(20):
            while counted.asked < 5:
                await asyncio.sleep(0.02)


async def named(guarded: Guarded) -> tuple[str, str]:
    """A key, and its name."""
    key = await guarded.key()
    return key, (await guarded.keys.list())[-1].name
