"""A page of conversations is one request to the storage, however an operation spells what it shows of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.api.graphql.client import Client
from tests.api.graphql.storage_calls import StorageCalls

WALKS_BRANCHES = "RECURSIVE"
"""Only in statements that read branches."""

SPELLINGS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "nodes": ("{ conversations { nodes { messages(last: 2) { nodes { content } } } } }", {}),
    "edges": ("{ conversations { edges { node { messages(first: 2) { edges { node { content } } } } } } }", {}),
    "the default page": ("{ conversations { nodes { messages { totalCount } } } }", {}),
    "variables": (
        "query Q($n: Int, $none: String) {"
        " conversations { nodes { messages(first: $n, after: $none) { totalCount } } } }",
        {"n": 2},
    ),
    "several pages, the tip and a total": (
        "{ conversations(first: 2) { totalCount nodes { tip { content } a: messages(last: 1) { nodes { content } }"
        " b: messages(first: 1) { nodes { content } } } } }",
        {},
    ),
    "fields that are merged": (
        "{ conversations { nodes { messages(last: 2) { totalCount } } }"
        " conversations { nodes { messages(last: 2) { nodes { content } } } } }",
        {},
    ),
    "fragments": (
        "query { conversations { ...Page } }"
        " fragment Page on ConversationConnection { nodes { ... on Conversation { ... { ...Shown } } } }"
        " fragment Shown on Conversation { title messages(last: 2) { nodes { role content } } }",
        {},
    ),
    "conditions that are met": (
        "query Q($yes: Boolean!) { conversations { nodes { messages(last: 2) @include(if: $yes) @skip(if: false)"
        " { nodes { content } } } } }",
        {"yes": True},
    ),
    "an active completion": ("{ conversations { nodes { activeCompletion { content seq parent { content } } } } }", {}),
}


@pytest.fixture
async def reader(client: Client) -> Client:
    for number in range(3):
        id = (await client.post(f"{number}.0", reply=False))["conversation"]["id"]
        await client.post(f"{number}.1", conversationId=id, reply=False)
        await client.post(f"{number}.2", conversationId=id, model="slow")
    return client


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_it_is_one_request_however_it_is_spelt(reader: Client, calls: StorageCalls, spelling: str) -> None:
    document, variables = SPELLINGS[spelling]
    with calls.counted() as counted:
        await reader.data(document, **variables)
    parents = "parent" in document  # which no page brings along
    assert len(counted.of(reader.owner)) == 1 + parents
    assert counted.texts <= 1


async def test_each_shows_its_own(reader: Client) -> None:
    document, variables = SPELLINGS["several pages, the tip and a total"]
    page = (await reader.data(document, **variables))["conversations"]
    assert page["totalCount"] == 3
    first, last = "b", "a"
    assert [each[first]["nodes"] for each in page["nodes"]] == [[{"content": f"{number}.0"}] for number in (2, 1)]
    assert [each[last]["nodes"] for each in page["nodes"]] == [[each["tip"]] for each in page["nodes"]]


async def test_what_a_condition_leaves_out_is_not_read(reader: Client, calls: StorageCalls) -> None:
    document = """query Q($no: Boolean!) {
      conversations { nodes {
        id messages @include(if: $no) { totalCount } ... @skip(if: true) { messages { totalCount } }
      } }
    }"""
    with calls.counted() as counted:
        await reader.data(document, no=False)
    [request] = counted.of(reader.owner)
    assert WALKS_BRANCHES not in request


async def test_a_page_behind_a_cursor_is_read_when_its_conversation_is_known(reader: Client) -> None:
    cursor = "{ conversations(first: 1) { nodes { messages(first: 1) { pageInfo { endCursor } } } } }"
    [only] = (await reader.data(cursor))["conversations"]["nodes"]
    document = """query Q($after: String!) {
      conversations(first: 1) { nodes { messages(first: 1, after: $after) { nodes { content } } } }
    }"""
    [found] = (await reader.data(document, after=only["messages"]["pageInfo"]["endCursor"]))["conversations"]["nodes"]
    assert found["messages"]["nodes"] == [{"content": "2.1"}]


@pytest.mark.parametrize("arguments", ["first: 101", "last: -1", "first: 1, last: 1"])
async def test_a_wrong_size_is_told_where_it_stands(reader: Client, arguments: str) -> None:
    answer = await reader.ask(f"{{ conversations(first: 1) {{ nodes {{ messages({arguments}) {{ totalCount }} }} }} }}")
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == ["conversations", "nodes", 0, "messages"]
