from __future__ import annotations

import asyncio
from typing import Any

import pytest
from gql import Client as GqlClient
from gql import gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from tests.api.graphql.client import FOLLOW, OWNER_HEADER, Client

STOP = "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { status } }"
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"


def text(events: list[Any]) -> str:
    return "".join(each.get("content", "") for each in events)


async def test_the_deltas_of_a_reply_make_up_its_content_and_the_end_comes_last(client: Client) -> None:
    id = (await client.post("Hello", model="demo"))["reply"]["id"]
    events = await client.follow(id)
    *deltas, end = events
    assert len(deltas) > 10
    assert {each["__typename"] for each in deltas} == {"CompletionDelta"}
    assert end["__typename"] == "CompletionEnd"
    assert end["message"]["content"] == text(deltas)
    assert end["message"]["status"] == "COMPLETE"
    assert end["message"]["usage"]["source"] == "PROVIDER"
    seqs = [each["seq"] for each in deltas]
    assert seqs == sorted(set(seqs))
    assert end["seq"] == end["message"]["seq"] == seqs[-1]


async def test_a_client_that_comes_back_gets_exactly_the_rest_during_and_after(client: Client) -> None:
    id = (await client.post("A long story", model="demo"))["reply"]["id"]
    seen = ""
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id, after=0)
        for _ in range(5):
            delta = (await socket.receive())["payload"]["data"]["completion"]
            seen += delta["content"]
    rest = await client.follow(id, delta["seq"])
    whole = rest[-1]["message"]["content"]
    assert seen + text(rest) == whole
    assert seen + text(await client.follow(id, delta["seq"])) == whole
    assert [each["__typename"] for each in await client.follow(id, rest[-1]["seq"])] == ["CompletionEnd"]


async def test_a_page_that_is_loaded_mid_stream_misses_and_repeats_nothing(client: Client) -> None:
    id = (await client.post("A long story", model="demo"))["reply"]["id"]
    query = "query Q($id: ID!) { message(id: $id) { content seq status } }"
    loaded: Any = None
    while not (loaded and loaded["seq"]):
        loaded = (await client.data(query, id=id))["message"]
    assert loaded["status"] == "STREAMING"
    events = await client.follow(id, loaded["seq"])
    assert loaded["content"] + text(events) == events[-1]["message"]["content"]


async def test_all_who_follow_see_the_same(client: Client) -> None:
    id = (await client.post("Hello", model="demo"))["reply"]["id"]
    heard = await asyncio.gather(*(client.follow(id) for _ in range(10)))
    assert {text(each) for each in heard} == {heard[0][-1]["message"]["content"]}


async def test_a_posted_message_can_be_followed_like_a_reply(client: Client) -> None:
    id = (await client.post("Hello", reply=False))["message"]["id"]
    events = await client.follow(id)
    assert events[-1]["__typename"] == "CompletionEnd"
    assert text(events) in ("Hello", "")


async def test_a_reply_that_waits_can_be_followed_before_it_is_generated(client: Client) -> None:
    first = await client.post("Hello", model="slow")
    waiting = await client.post(
        "And then?", conversationId=first["conversation"]["id"], model="demo-fast", whenBusy="ENQUEUE"
    )
    assert waiting["reply"]["status"] == "QUEUED"
    following = asyncio.create_task(client.follow(waiting["reply"]["id"]))
    assert (await client.data(STOP, id=first["reply"]["id"]))["stopCompletion"]["status"] == "STOPPED"
    events = await following
    assert events[-1]["message"]["status"] == "COMPLETE"
    assert text(events) == events[-1]["message"]["content"] != ""


async def test_a_stop_ends_every_subscription_with_what_there_is(client: Client) -> None:
    id = (await client.post("Hello", model="slow"))["reply"]["id"]
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id, after=0)
        first = (await socket.receive())["payload"]["data"]["completion"]
        assert (await client.data(STOP, id=id))["stopCompletion"]["status"] == "STOPPED"
        rest = [each["data"]["completion"] for each in await socket.payloads("1")]
    assert rest[-1]["message"]["status"] == "STOPPED"
    assert text([first, *rest]) == rest[-1]["message"]["content"]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"id": UNKNOWN}, "NOT_FOUND"),
        ({"id": "nonsense"}, "BAD_USER_INPUT"),
        ({"id": UNKNOWN, "after": -1}, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_followed_is_an_error_of_that_operation_alone(
    client: Client, variables: dict[str, Any], code: str
) -> None:
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, **variables)
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "1")
        assert [each["extensions"]["code"] for each in message["payload"]] == [code]
        await socket.subscribe("1", "{ models { id } }")
        assert (await socket.payloads("1"))[0]["data"]["models"]


async def test_following_from_beyond_what_there_is_is_refused(client: Client) -> None:
    id = (await client.post("Hello", model="demo-fast"))["reply"]["id"]
    await client.follow(id)
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id, after=1_000_000)
        assert (await socket.receive())["payload"][0]["extensions"] == {"code": "BAD_USER_INPUT", "field": "after"}


async def test_anothers_reply_cannot_be_followed(client: Client) -> None:
    id = (await client.post("Hello", model="demo-fast"))["reply"]["id"]
    async with Client(client.http, client.port, "somebody else").socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id)
        assert (await socket.receive())["payload"][0]["extensions"] == {"code": "NOT_FOUND"}


async def test_a_conversation_that_is_deleted_ends_its_subscriptions(client: Client) -> None:
    posted = await client.post("Hello", model="slow")
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=posted["reply"]["id"], after=0)
        await socket.receive()
        await client.data("mutation D($id: ID!) { deleteConversation(id: $id) }", id=posted["conversation"]["id"])
        while (message := await socket.receive())["type"] == "next":
            pass
        assert message["payload"][0]["extensions"] == {"code": "NOT_FOUND"}


async def test_queries_and_mutations_run_over_the_socket_too(client: Client) -> None:
    async with client.socket() as socket:
        await socket.subscribe("q", 'mutation { createConversation(input: {title: "A"}) { title } }')
        [changed] = await socket.payloads("q")
        assert changed["data"] == {"createConversation": {"title": "A"}}
        await socket.subscribe("q", "{ conversations { nodes { title } } }")
        [read] = await socket.payloads("q")
        assert read["data"] == {"conversations": {"nodes": [{"title": "A"}]}}


async def test_each_operation_on_a_socket_reads_anew(client: Client) -> None:
    """What one operation has read must not be what the next one sees."""
    id = (await client.post("Hello", reply=False))["conversation"]["id"]
    query = "query Q($id: ID!) { conversation(id: $id) { title } }"
    async with client.socket() as socket:
        await socket.subscribe("1", query, id=id)
        assert (await socket.payloads("1"))[0]["data"]["conversation"]["title"] == "Hello"
        await client.data('mutation U($id: ID!) { updateConversation(input: {id: $id, title: "New"}) { id } }', id=id)
        await socket.subscribe("1", query, id=id)
        assert (await socket.payloads("1"))[0]["data"]["conversation"]["title"] == "New"


async def test_the_gql_client_posts_and_follows(client: Client) -> None:
    transport = WebsocketsTransport(
        url=f"ws://127.0.0.1:{client.port}/graphql",
        headers={OWNER_HEADER: client.owner},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        init_payload={"client": "gql"},
    )
    async with GqlClient(transport=transport, fetch_schema_from_transport=True) as session:
        post = gql('mutation { postMessage(input: {content: "Hello", model: "demo"}) { reply { id } } }')
        id = (await session.execute(post))["postMessage"]["reply"]["id"]
        follow = gql(FOLLOW)
        follow.variable_values = {"id": id}
        events = [each["completion"] async for each in session.subscribe(follow)]
        assert text(events) == events[-1]["message"]["content"]
        follow.variable_values = {"id": UNKNOWN}
        with pytest.raises(TransportQueryError, match="does not exist"):
            _ = [each async for each in session.subscribe(follow)]
