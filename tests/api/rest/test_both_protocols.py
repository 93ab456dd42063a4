"""A completion is one thing on both protocols: begun on one, it is watched, stopped and read on the other."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.api.rest.asking import PATH, asking, events_of, live, reading, said_in
from tests.e2e.operations import CONVERSATION, STOP, everything, execute, follow, message, post, said
from tests.serving import Served
from tests.upstream.script import Script


async def newest(client: httpx.AsyncClient, conversation: str) -> str:
    """The id of the newest completion, which must be of that conversation."""
    (listed,) = (await client.get(PATH, params={"order": "desc", "limit": 1})).json()["data"]
    read = await client.get(f"{PATH}/{listed['id']}")
    assert read.headers["x-conversation-id"] == conversation
    id: str = listed["id"]
    return id


async def test_begun_over_rest_and_watched_over_graphql(storing: httpx.AsyncClient, parley: Served) -> None:
    script = Script(seed=1, deltas=20, per_second=40)
    body = asking(script, store=True, stream=True)
    async with storing.stream("POST", PATH, json=body) as response:
        watched = await everything(parley.websocket_url, response.headers["x-message-id"])
        read = [event async for event in live(response)]
    assert said(watched) == said_in(read) == script.whole_text()
    assert watched[-1]["message"]["status"] == "COMPLETE"


async def test_left_over_rest_and_resumed_over_graphql_by_the_same_seq(
    storing: httpx.AsyncClient, parley: Served
) -> None:
    script = Script(seed=2, deltas=40, per_second=40)
    async with storing.stream("POST", PATH, json=asking(script, store=True, stream=True)) as response:
        read = await reading(live(response), script.whole_text(3))
    rest = await everything(parley.websocket_url, response.headers["x-message-id"], int(read[-1].id or ""))
    assert said_in(read) + said(rest) == script.whole_text()


@pytest.mark.parametrize("stall_after", [0, 3])
async def test_begun_over_rest_and_stopped_over_graphql(
    storing: httpx.AsyncClient, parley: Served, stall_after: int
) -> None:
    script = Script(seed=3, stall_after=stall_after)
    body = asking(script, store=True, stream=True, stream_options={"include_usage": True})
    async with storing.stream("POST", PATH, json=body) as response:
        events = live(response)
        read = await reading(events, script.whole_text(stall_after))
        stopped = await execute(parley.graphql_url, STOP, id=response.headers["x-message-id"])
        async with asyncio.timeout(10):
            read += [event async for event in events]
    assert stopped["stopCompletion"]["status"] == "STOPPED"
    *_, finish, usage = read
    assert said_in(read) == script.whole_text(stall_after)
    assert finish.data["choices"][0]["finish_reason"] == "stop"
    assert usage.data["choices"] == []
    stored = (await storing.get(f"{PATH}/{read[0].data['id']}")).json()
    assert stored["choices"][0]["finish_reason"] == "stop"
    assert stored["choices"][0]["message"]["content"] == script.whole_text(stall_after)


async def test_who_waits_for_the_whole_answer_gets_what_was_said_until_it_was_stopped(
    storing: httpx.AsyncClient, parley: Served
) -> None:
    begun = await post(parley.graphql_url, "Hi", model="upstream")
    conversation = begun["conversation"]["id"]
    await everything(parley.websocket_url, begun["reply"]["id"])
    script = Script(seed=4, stall_after=3)
    posting = asyncio.create_task(
        storing.post(PATH, json=asking(script, store=True, metadata={"conversation_id": conversation}))
    )
    async with asyncio.timeout(10):
        while not (
            active := (await execute(parley.graphql_url, CONVERSATION, id=conversation))["conversation"][
                "activeCompletion"
            ]
        ):
            await asyncio.sleep(0.01)
        text = ""
        async for event in follow(parley.websocket_url, active["id"]):
            text += event.get("content", "")
            if text == script.whole_text(3):
                break
    await execute(parley.graphql_url, STOP, id=active["id"])
    response = await posting
    (choice,) = response.json()["choices"]
    assert response.headers["x-message-id"] == active["id"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("stop", script.whole_text(3))


async def test_begun_over_graphql_and_followed_read_and_deleted_over_rest(
    storing: httpx.AsyncClient, parley: Served
) -> None:
    script = Script(seed=5, deltas=20, per_second=40)
    begun = await post(parley.graphql_url, script.prompt(), model="upstream")
    id = await newest(storing, begun["conversation"]["id"])
    stream = await storing.get(f"{PATH}/{id}/stream")
    assert stream.headers["x-message-id"] == begun["reply"]["id"]
    assert said_in(events_of(stream.text)) == script.whole_text()
    assert (await storing.get(f"{PATH}/{id}")).json()["choices"][0]["message"]["content"] == script.whole_text()
    (question,) = (await storing.get(f"{PATH}/{id}/messages")).json()["data"]
    assert (question["id"], question["role"]) == (begun["message"]["id"], "user")
    assert (await storing.delete(f"{PATH}/{id}")).status_code == 200
    gone = await execute(parley.graphql_url, CONVERSATION, id=begun["conversation"]["id"])
    assert gone["conversation"] is None


async def test_begun_over_graphql_followed_over_rest_and_stopped_over_graphql(
    storing: httpx.AsyncClient, parley: Served
) -> None:
    script = Script(seed=6, stall_after=2)
    begun = await post(parley.graphql_url, script.prompt(), model="upstream")
    id = await newest(storing, begun["conversation"]["id"])
    async with storing.stream("GET", f"{PATH}/{id}/stream") as response:
        events = live(response)
        read = await reading(events, script.whole_text(2))
        await execute(parley.graphql_url, STOP, id=begun["reply"]["id"])
        async with asyncio.timeout(10):
            read += [event async for event in events]
    assert said_in(read) == script.whole_text(2)
    assert read[-1].data["choices"][0]["finish_reason"] == "stop"


async def test_begun_over_graphql_and_stopped_over_rest(storing: httpx.AsyncClient, parley: Served) -> None:
    script = Script(seed=7, stall_after=2)
    begun = await post(parley.graphql_url, script.prompt(), model="upstream")
    id = await newest(storing, begun["conversation"]["id"])
    watching = asyncio.create_task(everything(parley.websocket_url, begun["reply"]["id"]))
    async with storing.stream("GET", f"{PATH}/{id}/stream") as response:
        await reading(live(response), script.whole_text(2))
    for _ in range(2):  # the second time nothing is left to stop
        (choice,) = (await storing.post(f"{PATH}/{id}/cancel")).json()["choices"]
        assert (choice["finish_reason"], choice["message"]["content"]) == ("stop", script.whole_text(2))
    watched = await watching
    assert (said(watched), watched[-1]["message"]["status"]) == (script.whole_text(2), "STOPPED")


async def test_what_is_not_there_cannot_be_stopped(storing: httpx.AsyncClient) -> None:
    answer = await storing.post(f"{PATH}/chatcmpl-{'0' * 32}/cancel")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_conversation_goes_on_from_one_protocol_to_the_other(
    storing: httpx.AsyncClient, parley: Served
) -> None:
    first = await storing.post(PATH, json=asking("over REST", store=True))
    conversation = first.headers["x-conversation-id"]
    second = await post(parley.graphql_url, "over GraphQL", conversationId=conversation)
    await everything(parley.websocket_url, second["reply"]["id"])
    stored = await execute(parley.graphql_url, CONVERSATION, id=conversation)
    assert [each["content"] for each in stored["conversation"]["messages"]["nodes"]] == [
        "over REST",
        "You said: over REST",
        "over GraphQL",
        "You said: over GraphQL",
    ]
    assert (await message(parley.graphql_url, first.headers["x-message-id"]))["content"] == "You said: over REST"
