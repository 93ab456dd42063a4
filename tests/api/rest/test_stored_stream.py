"""Stored completions as events: begun, left, come back to, and ended in every way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.chat.identifiers import new_turn_id
from app.log.connection import Link
from app.log.retention import Retention
from tests.api.rest.asking import PATH, Event, asking, events_of, live, reading, said_in, was_asked
from tests.e2e.process import ServerProcess
from tests.serving import Served, serving
from tests.upstream.process import Upstream
from tests.upstream.script import Script

END = "data: [DONE]\n\n"


async def create(client: httpx.AsyncClient, said: Script | str, **fields: Any) -> tuple[str, list[Event]]:
    """The id of a completion that was streamed to its end, and its events."""
    response = await client.post(PATH, json=asking(said, store=True, stream=True, **fields))
    assert response.text.endswith(END)
    events = events_of(response.text)
    return events[0].data["id"], events


async def resume(client: httpx.AsyncClient, id: str, after: str, **parameters: str) -> list[Event]:
    response = await client.get(f"{PATH}/{id}/stream", params={"after": after, **parameters})
    assert response.status_code == 200, response.text
    return events_of(response.text)


async def test_every_chunk_has_the_shape_of_an_unstored_one_and_an_id(storing: httpx.AsyncClient) -> None:
    script = Script(seed=1, deltas=2)
    _, events = await create(storing, script)
    for event in events:
        assert event.data.keys() == {"id", "object", "created", "model", "system_fingerprint", "choices"}
        assert event.data["object"] == "chat.completion.chunk"
        (choice,) = event.data["choices"]
        assert choice.keys() == {"index", "delta", "logprobs", "finish_reason"}
        assert isinstance(choice["delta"]["content"], str)
    assert events[0].data["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert events[-1].data["choices"][0]["finish_reason"] == "stop"
    assert events[-1].data["choices"][0]["delta"] == {"content": ""}
    assert said_in(events) == script.whole_text()
    seqs = [int(event.id or "") for event in events]
    assert seqs[0] == 0
    assert seqs == sorted(seqs)


async def test_is_sent_so_that_nobody_on_the_way_holds_it_back(storing: httpx.AsyncClient) -> None:
    created = await storing.post(PATH, json=asking("Hi", store=True, stream=True))
    id = events_of(created.text)[0].data["id"]
    for response in (created, await storing.get(f"{PATH}/{id}/stream")):
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["x-conversation-id"].startswith("conv_")
        assert response.headers["x-message-id"].startswith("msg_")
        assert "content-length" not in response.headers


async def test_tells_what_to_watch_before_the_first_token_and_keeps_the_connection_alive(
    storing: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.rest.stored_stream.STATUS_SECONDS", 0.05)
    monkeypatch.setattr("app.api.rest.event_stream.KEEP_ALIVE_SECONDS", 0.05)
    body = asking(Script(stall_after=0), store=True, stream=True)
    async with asyncio.timeout(10), storing.stream("POST", PATH, json=body) as response:
        assert response.headers["x-message-id"].startswith("msg_")
        comments = 0
        async for line in response.aiter_lines():
            comments += line == ": keep-alive"
            if comments == 3:
                break


async def test_from_any_event_on_the_rest_is_exactly_the_rest(storing: httpx.AsyncClient) -> None:
    script = Script(seed=2, deltas=12, per_second=100)
    id, events = await create(storing, script)
    assert len({event.id for event in events}) > 3, "the upstream spoke too fast for this test"
    for index, event in enumerate(events):
        rest = await resume(storing, id, event.id or "")
        assert said_in(events[: index + 1]) + said_in(rest) == script.whole_text()
        assert rest[-1].data["choices"][0]["finish_reason"] == "stop"


async def test_a_browser_comes_back_with_its_last_event_id(storing: httpx.AsyncClient) -> None:
    id, events = await create(storing, Script(seed=3, deltas=8, per_second=100))
    address = f"{PATH}/{id}/stream?after=0"
    response = await storing.get(address, headers={"last-event-id": events[-2].id or ""})
    assert said_in(events_of(response.text)) == ""
    empty = await storing.get(address, headers={"last-event-id": ""})
    assert said_in(events_of(empty.text)) == said_in(events)


async def test_who_comes_back_is_not_told_the_role_again(storing: httpx.AsyncClient) -> None:
    id, events = await create(storing, Script(seed=3))
    whole, rest = await resume(storing, id, "0"), await resume(storing, id, events[-1].id or "")
    assert whole[0].data["choices"][0]["delta"]["role"] == "assistant"
    assert "role" not in rest[0].data["choices"][0]["delta"]


async def test_a_reader_joins_while_it_is_said_and_follows_to_the_end(
    storing: httpx.AsyncClient, lasting: Upstream
) -> None:
    script = Script(seed=4, deltas=40, per_second=40)
    async with storing.stream("POST", PATH, json=asking(script, store=True, stream=True)) as response:
        begun = await reading(live(response), script.whole_text(5))
    rest = await resume(storing, begun[0].data["id"], begun[-1].id or "")
    assert said_in(begun) + said_in(rest) == script.whole_text()


async def test_several_answers_have_a_seq_each_in_every_id(storing: httpx.AsyncClient) -> None:
    script = Script(seed=5, deltas=10, per_second=100)
    id, events = await create(storing, script, n=3)
    assert all(len((event.id or "").split(",")) == 3 for event in events)
    middle = len(events) // 2
    rest = await resume(storing, id, events[middle].id or "")
    for index in range(3):
        assert said_in(events[: middle + 1], index) + said_in(rest, index) == script.whole_text()


async def test_token_counts_come_last_if_asked_for(storing: httpx.AsyncClient) -> None:
    id, events = await create(storing, Script(seed=6), stream_options={"include_usage": True})
    for stream in (events, await resume(storing, id, "0", include_usage="true")):
        *others, last = stream
        assert all(event.data["usage"] is None for event in others)
        assert last.data["choices"] == []
        assert last.data["usage"] == {"prompt_tokens": 7, "completion_tokens": 20, "total_tokens": 27}
        assert last.id


async def test_when_the_log_is_trimmed_nobody_gets_again_what_they_have(
    database_url: str, lasting: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(seed=7, deltas=10, per_second=20)  # so slow that no starved server has all of it in one delta
    async with (
        serving(database_url, openai_base_url=lasting.base_url) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        id, _ = await create(client, script, n=2)
        retention = Retention(Link(database_url, "trimming"), timedelta(0))
        await retention.trim()
        await retention.close()
        whole = await resume(client, id, "0,0")
        assert [said_in(whole, index) for index in range(2)] == [script.whole_text()] * 2
        assert all(event.data.keys() == whole[0].data.keys() for event in whole)
        refused = await client.get(f"{PATH}/{id}/stream", params={"after": "1,1"})
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (410, "log_trimmed")
        assert f"GET {PATH}/{id} has the whole text" in error["message"]
        monkeypatch.setattr("app.api.rest.stored_stream.STATUS_SECONDS", 1e-9)
        *_, last = await resume(client, id, "0,1")
        assert last.data == {"error": error}


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "1,2", "", "99999999999", "\u0661", "1 2"])
async def test_names_what_is_no_place_to_resume_at(storing: httpx.AsyncClient, after: str) -> None:
    id, _ = await create(storing, "Hi")
    response = await storing.get(f"{PATH}/{id}/stream", params={"after": after})
    if not after:
        assert response.status_code == 200
        return
    assert (response.status_code, response.json()["error"]["param"]) == (400, "after")
    if after.isascii():
        named = await storing.get(f"{PATH}/{id}/stream", headers={"last-event-id": after})
        assert (named.status_code, named.json()["error"]["param"]) == (400, "Last-Event-ID")


async def test_beyond_the_end_there_is_nothing_to_resume(storing: httpx.AsyncClient) -> None:
    id, _ = await create(storing, "Hi")
    response = await storing.get(f"{PATH}/{id}/stream", params={"after": "1000"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "after")
    response = await storing.get(f"{PATH}/{id}/stream", headers={"last-event-id": "1000"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "Last-Event-ID")


@pytest.mark.parametrize("id", ["nonsense", f"chatcmpl-{new_turn_id().hex}"])
async def test_what_does_not_exist_cannot_be_followed(storing: httpx.AsyncClient, id: str) -> None:
    response = await storing.get(f"{PATH}/{id}/stream")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


async def test_include_usage_is_true_or_false(storing: httpx.AsyncClient) -> None:
    id, _ = await create(storing, "Hi")
    response = await storing.get(f"{PATH}/{id}/stream", params={"include_usage": "perhaps"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "include_usage")


async def test_a_failure_at_once_has_a_status(storing: httpx.AsyncClient) -> None:
    script = Script(status=400, code="context_length_exceeded")
    response = await storing.post(PATH, json=asking(script, store=True, stream=True))
    assert (response.status_code, response.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert response.headers["x-message-id"].startswith("msg_")


async def test_what_was_said_before_a_failure_arrives_and_then_the_error(storing: httpx.AsyncClient) -> None:
    script = Script(seed=8, deltas=20, error_after=10, code="engine_overloaded")
    response = await storing.post(PATH, json=asking(script, store=True, stream=True))
    *events, last = events_of(response.text)
    assert said_in(events) == script.whole_text(10)
    assert last.data["error"]["code"] == "engine_overloaded"
    assert "[DONE]" not in response.text
    resumed = await resume(storing, events[0].data["id"], "0")
    assert said_in(resumed) == script.whole_text(10)
    assert resumed[-1].data == last.data


async def test_one_failure_among_several_answers_comes_when_the_others_have_been_told(
    storing: httpx.AsyncClient,
) -> None:
    script = Script(seed=32, status=400, refusals=1, deltas=10, per_second=100)
    response = await storing.post(PATH, json=asking(script, store=True, stream=True, n=2))
    *events, last = events_of(response.text)
    assert sorted(said_in(events, index) for index in range(2)) == ["", script.whole_text()]
    assert "error" in last.data


async def test_when_the_server_stops_its_own_completions_are_told_as_interrupted(
    database_url: str, lasting: Upstream
) -> None:
    script = Script(seed=9, stall_after=3)
    async with (
        serving(database_url, openai_base_url=lasting.base_url) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        whole = asyncio.create_task(client.post(PATH, json=asking(script, store=True)))
        async with client.stream("POST", PATH, json=asking(script, store=True, stream=True)) as response:
            events = live(response)
            await reading(events, script.whole_text(3))
            await lasting.reaches(was_asked(script, times=2))
            await served.parley.drain(0)
            last = await anext(events)
        refused = await whole
    assert last.data["error"]["code"] == "INTERRUPTED"
    assert response.headers["x-message-id"] in last.data["error"]["message"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "INTERRUPTED")
    assert refused.headers["x-message-id"] in refused.json()["error"]["message"]


async def test_when_a_server_stops_whoever_follows_another_servers_completion_is_told_to_resume(
    storing: httpx.AsyncClient, parley: Served, lasting: Upstream
) -> None:
    script = Script(seed=10, deltas=60, per_second=20)
    url = parley.parley._url
    async with (
        storing.stream("POST", PATH, json=asking(script, store=True, stream=True)) as begun,
        serving(url, openai_base_url=lasting.base_url) as leaving,
        httpx.AsyncClient(base_url=leaving.url) as client,
    ):
        id = (await anext(live(begun))).data["id"]
        async with client.stream("GET", f"{PATH}/{id}/stream") as response:
            events = live(response)
            read = await reading(events, script.whole_text(2))
            await leaving.parley.drain(0)
            read += [event async for event in events]
        refused = await client.get(f"{PATH}/{id}/stream")
    *read, last = read
    assert last.data["error"]["code"] == "SHUTTING_DOWN"
    assert f"{PATH}/{id}/stream" in last.data["error"]["message"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "SHUTTING_DOWN")
    rest = await resume(storing, id, read[-1].id or "")
    assert said_in(read) + said_in(rest) == script.whole_text()


async def test_after_a_crash_another_server_gives_exactly_the_rest(
    database_url: str, lasting: Upstream, tmp_path: Path
) -> None:
    script = Script(seed=11, stall_after=10, per_second=50)
    crashing = ServerProcess(tmp_path, DATABASE_URL=database_url, OPENAI_BASE_URL=lasting.base_url)
    await crashing.start()
    async with serving(database_url, openai_base_url=lasting.base_url) as served:
        async with (
            httpx.AsyncClient(base_url=crashing.url) as client,
            client.stream("POST", PATH, json=asking(script, store=True, stream=True)) as response,
        ):
            read = await reading(live(response), script.whole_text(10))
            await crashing.kill()
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
            *rest, last = await resume(client, read[0].data["id"], read[2].id or "")
    assert said_in(read) == script.whole_text(10)
    assert said_in(read[:3]) + said_in(rest) == script.whole_text(10)
    assert last.data["error"]["code"] == "INTERRUPTED"
