from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from tests.api.graphql.client import Client

SEARCH = """
query Search($query: String!, $first: Int, $after: String) {
  searchMessages(query: $query, first: $first, after: $after) {
    nodes { content }
    edges { cursor headline rank node { id content conversation { archived } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
DEFAULTS = "query Search($query: String!) { searchMessages(query: $query) { nodes { content } } }"


def cursor_of(rank: float) -> str:
    return base64.urlsafe_b64encode(struct.pack(">d16s", rank, b"")).decode()


async def search(client: Client, query: str, **arguments: Any) -> Any:
    return (await client.data(SEARCH, query=query, **{"first": 20, **arguments}))["searchMessages"]


async def contents(client: Client, query: str) -> list[str]:
    found = (await client.data(DEFAULTS, query=query))["searchMessages"]["nodes"]
    return [each["content"] for each in found]


async def test_a_message_is_found_with_what_was_found_in_it(client: Client) -> None:
    posted = await client.post("Why does the <b>tide</b> rise?", reply=False)
    found = await search(client, "TIDE rise")
    [edge] = found["edges"]
    assert edge["node"]["id"] == posted["message"]["id"]
    assert edge["headline"] == "Why does the &lt;b&gt;<mark>tide</mark>&lt;/b&gt; <mark>rise</mark>"
    assert edge["rank"] > 0
    assert found["nodes"] == [{"content": "Why does the <b>tide</b> rise?"}]
    assert found["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": False, "startCursor": edge["cursor"], "endCursor": edge["cursor"],
    }  # fmt: skip


async def test_a_reply_is_found_when_its_end_has_been_told(client: Client) -> None:
    posted = await client.post("Hello", model="demo-fast")
    events = await client.follow(posted["reply"]["id"])
    said = events[-1]["message"]["content"]
    word = max(said.split(), key=len)
    assert said in await contents(client, f'"{word}"')


async def test_pages_lead_to_everything_that_was_there_while_more_is_said(client: Client) -> None:
    ids = [(await client.post(f"tide {'tide ' * (number % 3)}", reply=False))["message"]["id"] for number in range(7)]
    found, cursor = [], None
    while True:
        page = await search(client, "tide", first=2, after=cursor)
        found += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] is (cursor is not None)
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["pageInfo"]["endCursor"]
        await client.post("tide tide tide tide", reply=False)
    assert set(ids) <= set(found)
    assert len(set(found)) == len(found)


async def test_a_page_is_20_unless_asked_otherwise(client: Client) -> None:
    id = (await client.post("tide", reply=False))["conversation"]["id"]
    for _ in range(20):
        await client.post("tide", conversationId=id, reply=False)
    assert len(await contents(client, "tide")) == 20
    assert len((await search(client, "tide", first=100))["nodes"]) == 21
    assert (await search(client, "tide", first=0))["nodes"] == []


async def test_archived_conversations_are_searched(client: Client) -> None:
    id = (await client.post("tide", reply=False))["conversation"]["id"]
    await client.data("mutation A($id: ID!) { updateConversation(input: {id: $id, archived: true}) { id } }", id=id)
    [edge] = (await search(client, "tide"))["edges"]
    assert edge["node"]["conversation"] == {"archived": True}


@pytest.mark.parametrize("query", ["", " ", "?!", '"', '""', "-", "*", "& | ! ( ) : <-> '", "\\", "😀"])
async def test_a_query_without_a_word_finds_nothing(client: Client, query: str) -> None:
    await client.post('anything ? ! " - * & 😀 \\', reply=False)
    assert await contents(client, query) == []


@pytest.mark.parametrize(
    "query",
    ["or", "or or", "-or", "a or", "or a", "a -", "--a", '-"', 'a"b"c', "zqprefixqz", "a*b*", "''", "'a'", "a\\"],
)
async def test_anything_is_a_query(client: Client, query: str) -> None:
    await client.post("nothing of it", reply=False)
    await contents(client, query)


@pytest.mark.parametrize(
    ("arguments", "field", "says"),
    [
        ({"query": "a\0"}, "query", "NUL"),
        ({"query": "\ud800"}, "query", "surrogate"),
        ({"query": "x" * 1_001}, "query", "1,000"),
        ({"query": "x" * 10_000}, "query", "1,000"),
        ({"query": "x " * 33}, "query", "32"),
        ({"query": "a* b* c* d*"}, "query", "3"),
        ({"query": "x", "after": cursor_of(1e-300)}, "after", "cursor"),
        ({"query": "a", "first": 101}, "first", "100"),
        ({"query": "a", "first": -1}, "first", "100"),
        ({"query": "a", "after": "nonsense"}, "after", "cursor"),
        ({"query": "", "after": "nonsense"}, "after", "cursor"),
    ],
)
async def test_what_cannot_be_searched_for_is_refused_by_name(
    client: Client, arguments: dict[str, Any], field: str, says: str
) -> None:
    error = await client.error(SEARCH, **{"first": 20, **arguments})
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)
    assert says in error["message"]


@pytest.mark.parametrize("rank", [0.0, 1.401298464324817e-45, 1.1754943508222875e-38, 3.4028234663852886e38])
async def test_a_cursor_of_any_rank_there_can_be_is_answered(client: Client, rank: float) -> None:
    await client.post("tide", reply=False)
    await search(client, "tide", after=cursor_of(rank))


async def test_the_longest_query_is_answered(client: Client) -> None:
    await client.post("x y", reply=False)
    assert await contents(client, " ".join(["x"] * 32)) == ["x y"]
    assert await contents(client, f"x or {'z' * 995}") == ["x y"]
