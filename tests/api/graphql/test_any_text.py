"""Text over GraphQL is taken as it is, found by its words, and given back the same over every transport."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.chat.idempotency import MAX_IDEMPOTENCY_KEY_CHARACTERS
from app.chat.identifiers import new_uuid
from app.chat.text import MAX_CONTENT_BYTES, MAX_METADATA_BYTES, MAX_TITLE_CHARACTERS
from tests.any_text import CHARACTERS, MEAN, TEXTS, UNSTORABLE
from tests.api.graphql.client import POST, Client
from tests.api.graphql.sse.reading import events_of

AT_ONCE = 10
ROLES = ["SYSTEM", "USER", "ASSISTANT", "DATA", "TOOL"]

CREATE = """
mutation Create($input: CreateConversationInput!) {
  createConversation(input: $input) { id title messages(first: 100) { nodes { id role content } } }
}
"""
READ = "query Read($id: ID!) { message(id: $id) { content } }"
SEARCH = """
query Search($query: String!) {
  searchMessages(query: $query, first: 100) { edges { headline node { content conversation { id } } } }
}
"""

QUERY_PARTS = (" or ", "-", "*", '"', ":*", ":A", "'", "&", "|", "!", "(", ")", "<->", "<2>", "zqprefixqz", "a", " ")
"""Of what PostgreSQL's own query language is made, and the search's."""
QUERIES = TEXTS | st.lists(st.sampled_from((*MEAN, *QUERY_PARTS)) | CHARACTERS).map("".join)
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)

GENERATED = settings(
    max_examples=10, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


async def imported(client: Client, messages: list[tuple[str, str]]) -> Any:
    input = {"messages": [{"role": role, "content": content} for role, content in messages]}
    return (await client.data(CREATE, input=input))["createConversation"]


@GENERATED
@given(st.lists(st.tuples(st.sampled_from(ROLES), TEXTS | st.just("")), min_size=AT_ONCE, max_size=AT_ONCE))
async def test_messages_that_are_imported_come_back_as_they_were(client: Client, said: list[tuple[str, str]]) -> None:
    nodes = (await imported(client, said))["messages"]["nodes"]
    assert [(each["role"], each["content"]) for each in nodes] == said


@settings(GENERATED, max_examples=4)
@given(st.lists(TEXTS, min_size=AT_ONCE, max_size=AT_ONCE))
async def test_a_message_is_read_the_same_over_every_transport(client: Client, texts: list[str]) -> None:
    async with client.socket() as socket:
        for text in texts:
            await socket.subscribe("1", POST, input={"content": text, "reply": False})
            (posted,) = await socket.payloads("1")
            id = posted["data"]["postMessage"]["message"]["id"]
            expected = {"message": {"content": text}}
            await socket.subscribe("2", READ, id=id)
            (over_websocket,) = await socket.payloads("2")
            events = await events_of(client, READ, id=id)
            got = await client.http.get("/graphql?" + urlencode({"query": READ, "variables": json.dumps({"id": id})}))
            assert over_websocket["data"] == expected
            assert [each["data"] for name, each in events if name == "next"] == [expected]
            assert got.json()["data"] == expected


@GENERATED
@given(st.lists(QUERIES, min_size=AT_ONCE, max_size=AT_ONCE))
async def test_any_text_is_a_query_or_is_told_what_is_wrong_with_it(client: Client, queries: list[str]) -> None:
    for query in queries:
        answer = await client.ask(SEARCH, query=query)
        for error in answer.get("errors", ()):
            assert (error["extensions"]["code"], error["extensions"]["field"]) == ("BAD_USER_INPUT", "query")
            assert "words, the most is 32" in error["message"]


@GENERATED
@given(st.lists(st.tuples(TEXTS, WORDS, TEXTS), min_size=AT_ONCE, max_size=AT_ONCE))
@example([(before, "0", after) for before, after in zip(MEAN, reversed(MEAN), strict=True)])
async def test_whatever_stands_around_a_word_the_message_is_found_by_it_and_shown_as_safe_html(
    client: Client, said: list[tuple[str, str, str]]
) -> None:
    mark = f"mark{new_uuid().hex}"
    contents = [f"{before} {word} {after} {mark}" for before, word, after in said]
    conversation = (await imported(client, [("USER", each) for each in contents]))["id"]
    for content, (_, word, _) in zip(contents, said, strict=True):
        found = (await client.data(SEARCH, query=f'"{word}" {mark}'))["searchMessages"]["edges"]
        assert content in [each["node"]["content"] for each in found]
        assert {each["node"]["conversation"]["id"] for each in found} == {conversation}
        for each in found:
            assert_safe(each["headline"])


def assert_safe(headline: str) -> None:
    """Nothing in it is HTML but `<mark>`, each with its end, and nothing in it is the search's own."""
    outside, *marked = re.split("<mark>", headline)
    texts = [outside, *(part for each in marked for part in each.split("</mark>"))]
    assert len(texts) == 1 + 2 * len(marked) > 1
    assert [escape(unescape(each)) for each in texts] == texts
    assert not set(headline) & set("\x01\x02\x03\x04")


@GENERATED
@given(st.lists(st.text(CHARACTERS, min_size=1), min_size=1, max_size=AT_ONCE, unique=True))
@example(["é", "e\u0301"])
@example(["k", "K", " k", "k ", "\ufeffk"])
@example(["🦜" * MAX_IDEMPOTENCY_KEY_CHARACTERS])
async def test_a_key_is_the_same_as_itself_and_as_no_other(client: Client, keys: list[str]) -> None:
    asked = {"reply": False, "idempotencyKey": ""}
    mark = new_uuid().hex[: MAX_IDEMPOTENCY_KEY_CHARACTERS - max(map(len, keys))]  # no example meets another's keys
    first = [await client.post("Hello", **{**asked, "idempotencyKey": f"{mark}{key}"}) for key in keys]
    again = [await client.post("Hello", **{**asked, "idempotencyKey": f"{mark}{key}"}) for key in keys]
    assert again == first
    assert len({each["message"]["id"] for each in first}) == len(keys)


LONGEST: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"title": "🦜" * MAX_TITLE_CHARACTERS}, {"title": "x" * (MAX_TITLE_CHARACTERS + 1)}, "title"),
    ({"systemPrompt": "x" * MAX_CONTENT_BYTES}, {"systemPrompt": "x" * (MAX_CONTENT_BYTES + 1)}, "systemPrompt"),
    (
        {"metadata": {"k": "é" * ((MAX_METADATA_BYTES - len('{"k":""}')) // 2)}},
        {"metadata": {"k": "é" * ((MAX_METADATA_BYTES - len('{"k":""}')) // 2) + "x"}},
        "metadata",
    ),
    (
        {"messages": [{"role": "USER", "content": "é" * 1_000 + "x" * (MAX_CONTENT_BYTES - 2_000)}]},
        {"messages": [{"role": "USER", "content": "é" * 1_000 + "x" * (MAX_CONTENT_BYTES - 1_999)}]},
        "messages[0].content",
    ),
]


@pytest.mark.parametrize(("longest", "longer", "field"), LONGEST, ids=[field for _, _, field in LONGEST])
async def test_the_longest_is_kept_and_one_more_is_refused_by_its_field(
    client: Client, longest: dict[str, Any], longer: dict[str, Any], field: str
) -> None:
    fields = "title systemPrompt metadata messages(first: 1) { nodes { role content } }"
    create = f"mutation ($input: CreateConversationInput!) {{ createConversation(input: $input) {{ {fields} }} }}"
    made = (await client.data(create, input=longest))["createConversation"]
    made["messages"] = made["messages"]["nodes"]
    assert longest.items() <= made.items()
    error = await client.error(create, input=longer)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)


@pytest.mark.parametrize("bad", UNSTORABLE, ids=ascii)
@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"messages": [{"role": "USER", "content": "fine"}, {"role": "TOOL", "content": "{}"}]}, "messages[1].content"),
        ({"metadata": {"a": [{"b": "{}"}]}}, "metadata.a[0].b"),
        ({"title": "{}"}, "title"),
    ],
)
async def test_what_cannot_be_stored_is_refused_by_its_field(
    client: Client, input: dict[str, Any], field: str, bad: str
) -> None:
    error = await client.error(CREATE, input=json.loads(json.dumps(input).replace("{}", json.dumps(bad)[1:-1])))
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)
    assert "cannot be stored" in error["message"]
