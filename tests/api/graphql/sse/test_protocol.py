"""graphql-sse, distinct connections mode, on a real socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.graphql.client import FOLLOW, POST, Client
from tests.api.graphql.sse.reading import COMMENT, COMPLETE, EVENT_STREAM, events_of, opened

MODELS = "{ models { id } }"
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
MUTATION = "mutation { createConversation(input: {}) { id } }"


async def test_a_subscription_gives_every_event_then_completes(client: Client) -> None:
    id = (await client.post("Hello", model="demo-fast"))["reply"]["id"]
    *told, last = await events_of(client, FOLLOW, id=id, after=0)
    assert last == COMPLETE
    assert {name for name, _ in told} == {"next"}
    events = [data["data"]["completion"] for _, data in told]
    end = events[-1]
    assert "".join(each.get("content", "") for each in events) == end["message"]["content"]
    assert end["message"]["status"] == "COMPLETE"


async def test_who_comes_back_with_its_seq_gets_exactly_the_rest(client: Client) -> None:
    id = (await client.post("Hello", model="demo"))["reply"]["id"]
    text = ""
    async with opened(client, FOLLOW, id=id, after=0) as reader:
        for _ in range(2):
            _, data = await reader.next()
            text += data["data"]["completion"]["content"]
    after = data["data"]["completion"]["seq"]
    events = [data["data"]["completion"] for _, data in (await events_of(client, FOLLOW, id=id, after=after))[:-1]]
    assert text + "".join(each.get("content", "") for each in events) == events[-1]["message"]["content"]


@pytest.mark.parametrize(("query", "data"), [("{ node(id: null) { id } }", None), ("{ __typename }", "Query")])
async def test_a_query_is_one_event_and_the_end(client: Client, query: str, data: str | None) -> None:
    (name, said), end = await events_of(client, query)
    assert (name, end) == ("next", COMPLETE)
    assert said.get("data") == {"__typename": data} if data else said.keys() == {"errors"}


async def test_a_mutation_is_run_once(client: Client) -> None:
    (_, said), end = await events_of(client, POST, input={"content": "Hello", "reply": False})
    assert end == COMPLETE
    assert said["data"]["postMessage"]["message"]["id"].startswith("msg_")
    assert (await client.data("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 1


async def test_the_stream_opens_at_once_with_headers_that_keep_proxies_from_gathering_it(client: Client) -> None:
    id = (await client.post("Hello", model="slow"))["reply"]["id"]
    async with opened(client, FOLLOW, id=id, after=0) as reader:
        assert reader.response.status_code == 200
        shown = {"content-type", "cache-control", "x-accel-buffering", "vary"}
        assert {name: value for name, value in reader.response.headers.items() if name in shown} == {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-cache",
            "x-accel-buffering": "no",
            "vary": "Accept",
        }
        assert await anext(reader.events()) == COMMENT


async def test_lines_end_with_lf_and_the_end_has_data_for_browsers(client: Client) -> None:
    answer = await client.http.post("/graphql", json={"query": "{ __typename }"}, headers={"accept": EVENT_STREAM})
    comment, event, *end = answer.content.split(b"\n\n")
    assert (comment, *end) == (b":", b"event: complete\ndata:", b"")
    assert event.startswith(b'event: next\ndata: {"data":{"__typename":"Query"}')
    assert event.count(b"\n") == 1
    assert b"\r" not in answer.content


async def test_text_that_has_line_ends_of_all_kinds_is_one_line(client: Client) -> None:
    text = "a\nb\r\nc\rd\u2028e\u2029f\x85g\x0bh\x0ci 😀"
    query = "query Q($id: ID!) { message(id: $id) { content } }"
    id = (await client.post(text, reply=False))["message"]["id"]
    async with client.http.stream(
        "POST", "/graphql", json={"query": query, "variables": {"id": id}}, headers={"accept": EVENT_STREAM}
    ) as response:
        _, event, _ = (await response.aread()).split(b"\n\n", 2)
    name, data = event.split(b"\n")
    assert (name, b"\r" in data) == (b"event: next", False)
    assert json.loads(data.removeprefix(b"data: "))["data"]["message"]["content"] == text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (FOLLOW, "BAD_USER_INPUT"),
        (FOLLOW.replace("$id: ID!, ", "").replace("$id", f'"{UNKNOWN}"'), "NOT_FOUND"),
    ],
)
async def test_what_cannot_be_run_is_told_as_an_event(client: Client, query: str, code: str) -> None:
    (name, said), end = await events_of(client, query)
    assert (name, end) == ("next", COMPLETE)
    assert "data" not in said
    assert {each["extensions"]["code"] for each in said["errors"]} == {code}


async def test_an_error_in_a_field_comes_with_the_data_of_the_others(client: Client) -> None:
    (_, said), end = await events_of(client, '{ models { id } message(id: "nonsense") { id } }')
    assert end == COMPLETE
    assert said["data"]["message"] is None
    assert said["data"]["models"]
    assert [each["path"] for each in said["errors"]] == [["message"]]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"{", 400),
        ({}, b"{}", 400),
        ({}, b"[]", 400),
        ({"content-type": "text/plain"}, b'{"query": "{ __typename }"}', 415),
    ],
)
async def test_what_is_no_graphql_request_has_a_status_of_its_own(
    client: Client, headers: dict[str, str], body: bytes, status: int
) -> None:
    given = {"content-type": "application/json", "accept": EVENT_STREAM, **headers}
    answer = await client.http.post("/graphql", content=body, headers=given)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, "BAD_USER_INPUT")


async def test_a_browsers_event_source_can_subscribe_by_get(client: Client) -> None:
    id = (await client.post("Hello", model="demo-fast"))["reply"]["id"]
    parameters = {"query": FOLLOW, "variables": json.dumps({"id": id})}
    answer = await client.http.get("/graphql", params=parameters, headers={"accept": EVENT_STREAM})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.text.endswith("event: complete\ndata:\n\n")
    assert '"COMPLETE"' in answer.text


@pytest.mark.parametrize("accept", [EVENT_STREAM, URQL])
async def test_a_mutation_by_get_changes_nothing(client: Client, accept: str) -> None:
    answer = await client.http.get("/graphql", params={"query": MUTATION}, headers={"accept": accept})
    assert "mutation" in answer.text.lower()
    assert (await client.data("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 0


async def test_a_head_opens_no_stream(client: Client) -> None:
    id = (await client.post("Hello", model="slow"))["reply"]["id"]
    parameters = {"query": FOLLOW, "variables": json.dumps({"id": id})}
    answer = await client.http.head("/graphql", params=parameters, headers={"accept": EVENT_STREAM})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "query_in", "subscription_in"),
    [
        (EVENT_STREAM, EVENT_STREAM, EVENT_STREAM),
        (URQL, "application/graphql-response+json", EVENT_STREAM),
        ("application/json, text/event-stream", "application/json", EVENT_STREAM),
        ("text/event-stream, application/json;q=0.9", EVENT_STREAM, EVENT_STREAM),
        ("text/event-stream;q=0.9, application/json", "application/json", EVENT_STREAM),
        ("text/event-stream, */*", "application/json", EVENT_STREAM),
        ("text/event-stream, */*;q=0.1", EVENT_STREAM, EVENT_STREAM),
        ("text/event-stream;q=0, application/json", "application/json", "application/json"),
        ("application/json", "application/json", "application/json"),
        ("*/*", "application/json", "application/json"),
    ],
)
async def test_an_event_stream_is_for_who_asks_for_one_and_a_query_is_json_where_that_will_do(
    client: Client, accept: str, query_in: str, subscription_in: str
) -> None:
    id = (await client.post("Hello", model="demo-fast"))["reply"]["id"]
    headers = {"accept": accept}
    query: Any = {"query": MODELS}
    answer = await client.http.post("/graphql", json=query, headers=headers)
    assert answer.headers["content-type"] == f"{query_in}; charset=utf-8"
    subscription = {"query": FOLLOW, "variables": {"id": id}}
    answer = await client.http.post("/graphql", json=subscription, headers=headers)
    assert answer.headers["content-type"] == f"{subscription_in}; charset=utf-8"
    assert answer.status_code == (200 if subscription_in == EVENT_STREAM else 400)
