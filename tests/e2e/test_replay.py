"""A stored reply played again as a model, on the real server: over GraphQL, over REST, and once more."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from gql.transport.exceptions import TransportQueryError

from tests.e2e.operations import CONVERSATION, everything, execute, post, said
from tests.e2e.process import ServerProcess, copy_folder, running
from tests.serving import Served, serving
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import Script

REPLY = """
query Reply($id: ID!) {
  message(id: $id) {
    status content reasoning model finishReason usage { promptTokens completionTokens source } error { code retryable }
  }
}
"""
ALL_CONVERSATIONS = "query { conversations(first: 1) { totalCount } }"
AS_FAST_AS_MAY_BE = {"speed": 1_000}
UNKNOWN_ID = "msg_06f1rkkj4jf0htv8q1f5gk1qyc"

Json = Any


@pytest.fixture(scope="session")
async def upstream() -> AsyncGenerator[Upstream]:
    async with run_upstream() as upstream:
        yield upstream


@pytest.fixture
async def with_upstream(database_url: str, upstream: Upstream) -> AsyncGenerator[Served]:
    """Parley on the upstream, and on a database that a test can look into."""
    async with serving(database_url, openai_base_url=upstream.base_url) as served:
        yield served


async def reply(url: str, id: str) -> Json:
    return (await execute(url, REPLY, id=id))["message"]


async def played(url: str, websocket_url: str, id: str, **parameters: Json) -> str:
    """The id of the reply that is that one, played again to its end."""
    again = await post(url, "Again", model=f"replay:{id}", parameters={**AS_FAST_AS_MAY_BE, **parameters})
    await everything(websocket_url, again["reply"]["id"])
    return str(again["reply"]["id"])


def told(message: Json) -> Json:
    """All that a replay has in common with its original."""
    return {name: value for name, value in message.items() if name != "model"}


async def rest(client: httpx.AsyncClient, model: str, **fields: Json) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "Again"}], **fields}
    return await client.post("/v1/chat/completions", json=body)


@pytest.fixture(scope="module")
async def original(standing: ServerProcess) -> str:
    """A reply of the demo's that has ended."""
    posted = await post(standing.graphql_url, "Tell me a long story", parameters={"seed": 4, "maxTokens": 40})
    await everything(standing.websocket_url, posted["reply"]["id"])
    return str(posted["reply"]["id"])


async def test_a_replay_says_what_the_reply_said_and_so_does_a_replay_of_the_replay(
    standing: ServerProcess, original: str
) -> None:
    first = await played(standing.graphql_url, standing.websocket_url, original)
    second = await played(standing.graphql_url, standing.websocket_url, first)
    said_first, *said_again = [await reply(standing.graphql_url, id) for id in (original, first, second)]
    assert (said_first["status"], said_first["finishReason"]) == ("COMPLETE", "LENGTH")
    assert said_first["usage"] == {"promptTokens": 5, "completionTokens": 40, "source": "PROVIDER"}
    assert [told(each) for each in said_again] == [told(said_first)] * 2
    assert [each["model"] for each in said_again] == [f"replay:{original}", f"replay:{first}"]


async def test_a_replay_comes_in_the_deltas_of_the_reply(standing: ServerProcess, original: str) -> None:
    """At its own pace; a subscriber may get some of them joined, but hardly all of them."""
    again = await post(standing.graphql_url, "Again", model=f"replay:{original}")
    events = await everything(standing.websocket_url, again["reply"]["id"])
    assert said(events) == (await reply(standing.graphql_url, original))["content"]
    assert len(events) > 2


async def test_rest_plays_it_too_streaming_or_not(
    standing: ServerProcess, client: httpx.AsyncClient, original: str
) -> None:
    content = (await reply(standing.graphql_url, original))["content"]
    whole = (await rest(client, f"replay:{original}", **AS_FAST_AS_MAY_BE)).json()
    (choice,) = whole["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == (content, "length")
    assert whole["usage"] == {"prompt_tokens": 5, "completion_tokens": 40, "total_tokens": 45}
    stream = await rest(client, f"replay:{original}", stream=True, **AS_FAST_AS_MAY_BE)
    events = [line.removeprefix("data:").strip() for line in stream.text.splitlines() if line.startswith("data:")]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == content
    assert len(chunks) > 2


@pytest.mark.parametrize("name", ["replay:", "replay:nonsense", f"replay:{UNKNOWN_ID}"])
async def test_what_is_no_reply_of_yours_is_refused_and_nothing_is_stored(
    standing: ServerProcess, client: httpx.AsyncClient, name: str
) -> None:
    before = await execute(standing.graphql_url, ALL_CONVERSATIONS)
    with pytest.raises(TransportQueryError) as refused:
        await post(standing.graphql_url, "Again", model=name)
    assert refused.value.errors
    assert refused.value.errors[0]["extensions"]["code"] == "MODEL_NOT_FOUND"
    assert await execute(standing.graphql_url, ALL_CONVERSATIONS) == before
    answer = await rest(client, name)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_message_of_the_user_is_no_model(standing: ServerProcess, client: httpx.AsyncClient) -> None:
    posted = await post(standing.graphql_url, "Hello", reply=False)
    answer = await rest(client, f"replay:{posted['message']['id']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("speed", [0, -1, 1_000.5])
async def test_a_speed_out_of_its_range_is_refused_by_name(
    standing: ServerProcess, client: httpx.AsyncClient, original: str, speed: float
) -> None:
    with pytest.raises(TransportQueryError) as refused:
        await post(standing.graphql_url, "Again", model=f"replay:{original}", parameters={"speed": speed})
    assert refused.value.errors
    assert refused.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "speed" in refused.value.errors[0]["message"]
    answer = await rest(client, f"replay:{original}", speed=speed)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "speed")


async def test_replays_are_not_listed(standing: ServerProcess, client: httpx.AsyncClient, original: str) -> None:
    assert original
    listed = [each["id"] for each in (await client.get("/v1/models")).json()["data"]]
    assert listed
    assert not any(id.startswith("replay") for id in listed)


async def test_a_reply_in_flight_is_refused_but_may_be_enqueued_behind(
    migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("in-flight")
    await copy_folder(migrated, folder)
    async with running(folder, PARLEY_DEMO_WORDS_PER_SECOND="20") as server:
        live = await post(server.graphql_url, "Tell me a long story", parameters={"maxTokens": 60})
        id, conversation = live["reply"]["id"], live["conversation"]["id"]
        async with httpx.AsyncClient(base_url=server.url) as client:
            answer = await rest(client, f"replay:{id}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "REPLY_IN_FLIGHT")
        queued = await post(
            server.graphql_url,
            "Again",
            conversationId=conversation,
            whenBusy="ENQUEUE",
            model=f"replay:{id}",
            parameters=AS_FAST_AS_MAY_BE,
        )
        assert queued["reply"]["status"] == "QUEUED"
        await everything(server.websocket_url, queued["reply"]["id"])
        assert told(await reply(server.graphql_url, queued["reply"]["id"])) == told(await reply(server.graphql_url, id))
        found = await execute(server.graphql_url, CONVERSATION, id=conversation)
        assert found["conversation"]["messages"]["totalCount"] == 4


async def test_a_bug_report_plays_again_how_the_upstream_failed(with_upstream: Served) -> None:
    """And without asking the upstream: the replay needs nothing but what is stored."""
    url, websocket_url = with_upstream.graphql_url, with_upstream.websocket_url
    script = Script(seed=7, deltas=200, reasoning="Let me see.", error_after=100, code="engine_overloaded")
    failed = await post(url, script.prompt(), model="upstream")
    await everything(websocket_url, failed["reply"]["id"])
    first = await reply(url, failed["reply"]["id"])
    assert (first["status"], first["content"], first["reasoning"]) == ("FAILED", script.whole_text(100), "Let me see.")
    assert first["error"] == {"code": "engine_overloaded", "retryable": True}
    again = await reply(url, await played(url, websocket_url, failed["reply"]["id"]))
    assert {**told(again), "usage": None} == {**told(first), "usage": None}
    assert again["usage"]["source"] == "ESTIMATED"


async def test_a_reply_whose_log_has_been_trimmed_is_played_from_its_text(
    with_upstream: Served, database_url: str
) -> None:
    url, websocket_url = with_upstream.graphql_url, with_upstream.websocket_url
    script = Script(seed=8, deltas=300, reasoning="naïve 🦜\u2028")
    posted = await post(url, script.prompt(), model="upstream")
    id = posted["reply"]["id"]
    await everything(websocket_url, id)
    sql = await asyncpg.connect(database_url)
    assert await sql.fetchval("WITH gone AS (DELETE FROM deltas RETURNING 1) SELECT count(*) FROM gone")
    await sql.close()
    again = await reply(url, await played(url, websocket_url, id))
    assert told(again) == told(await reply(url, id))
    assert (again["content"], again["reasoning"]) == (script.whole_text(), script.reasoning)
