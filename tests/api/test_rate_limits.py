"""What one key may ask, at the edge and one past it; a token comes back too late for any test to see it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import openai
import pytest

from tests.api.graphql.client import ACK
from tests.api.guarded import Guarded, ask, first_answer
from tests.serving import serving
from tests.stored_keys import stored_keys

MODELS = "{ models { id } }"
BURST = 5
SOCKETS = 2
SECONDS_A_TOKEN = 1_000


@pytest.fixture
async def limited(database_url: str) -> AsyncGenerator[Guarded]:
    async with (
        stored_keys(database_url) as keys,
        serving(
            database_url,
            auth="keys",
            key_requests_per_second=1 / SECONDS_A_TOKEN,
            key_burst=BURST,
            key_sockets=SOCKETS,
        ) as served,
    ):
        yield Guarded(served, keys, database_url)


def wait_of(answer: httpx.Response) -> int:
    return int(answer.headers["retry-after"])


async def test_requests_over_every_protocol_are_counted_together_and_one_too_many_is_told_when_to_come_again(
    limited: Guarded,
) -> None:
    key = await limited.key()
    asked = {"model": "nobody", "messages": [{"role": "user", "content": "Hello"}]}
    async with limited.caller(key) as caller, limited.caller() as other, limited.socket({"apiKey": key}) as socket:
        assert await socket.receive() == ACK
        assert (await caller.get("/v1/models")).status_code == 200
        assert (await caller.post("/egp/v1/chat-completions", json=asked)).status_code == 404
        assert (await caller.post("/graphql", json={"query": MODELS})).status_code == 200
        for _ in range(2):
            assert (await first_answer(socket, MODELS))["type"] == "next"
            assert (await socket.receive())["type"] == "complete"

        rest = await caller.get("/v1/models")
        egp = await caller.post("/egp/v1/chat-completions", json=asked)
        graphql = await caller.post("/graphql", json={"query": MODELS})
        operation = await first_answer(socket, MODELS)
        assert (await other.get("/v1/models")).status_code == 200, "which has another key"
        assert (await caller.get("/healthz")).status_code == 200

    assert [each.status_code for each in (rest, egp, graphql)] == [429, 429, 429]
    assert all(SECONDS_A_TOKEN - 100 < wait_of(each) <= SECONDS_A_TOKEN for each in (rest, egp, graphql))
    assert (rest.json()["error"]["type"], rest.json()["error"]["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert egp.json()["code"] == "rate_limit_exceeded"
    for (error,) in (graphql.json()["errors"], operation["payload"]):
        assert error["extensions"].pop("retryAfterSeconds") <= SECONDS_A_TOKEN
        assert error["extensions"] == {"code": "RATE_LIMITED", "retryable": True}
    assert operation["type"] == "error"


async def test_the_openai_sdk_tells_its_own_error(limited: Guarded) -> None:
    key = await limited.key()
    async with openai.AsyncOpenAI(base_url=f"{limited.served.url}/v1", api_key=key, max_retries=0) as sdk:
        for _ in range(BURST):
            await sdk.models.list()
        with pytest.raises(openai.RateLimitError, match=r"the most is 0\.001 a second after a burst of 5"):
            await sdk.models.list()


async def test_a_refused_request_leaves_a_socket_as_it_was(limited: Guarded) -> None:
    key = await limited.key()
    async with limited.caller(key) as caller, limited.socket({"apiKey": key}) as socket:
        assert await socket.receive() == ACK
        for _ in range(BURST):
            await ask(caller, MODELS)
        assert (await first_answer(socket, MODELS))["type"] == "error"
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_a_key_has_so_many_sockets_open_and_another_once_one_is_closed(limited: Guarded) -> None:
    key = await limited.key()
    payload = {"apiKey": key}
    async with limited.socket(payload) as first:
        assert await first.receive() == ACK
        async with limited.socket(payload) as second:
            assert await second.receive() == ACK
            async with limited.socket(payload) as third:
                code, reason = await third.closed()
            assert (code, reason) == (1013, "too many sockets with this key: the most is 2 at a time")
            async with limited.socket({"apiKey": await limited.key()}) as others:
                assert await others.receive() == ACK
        async with limited.socket(payload) as again:
            assert await again.receive() == ACK
