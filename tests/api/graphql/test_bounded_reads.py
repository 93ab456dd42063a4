"""What an operation costs depends on how deep it goes, and not on how much there is on each level."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type

from app.api.graphql.schema import schema
from app.chat.identifiers import new_uuid
from tests.api.graphql.client import FOLLOW, OWNER_HEADER, Client
from tests.api.graphql.selections import Path, paths
from tests.api.graphql.storage_calls import StorageCalls

SIZE = 12
"""Of every page and list here: more than any path below has fields."""

README = """
{
  conversations(first: 10) {
    nodes {
      title
      messages(last: 2) { nodes { role status content } }
      activeCompletion { id seq }
    }
  }
}
"""
TWENTY_EACH = "{ conversations { nodes { id title messages(first: 20) { nodes { role content } } } } }"
NESTED = """
{
  conversations {
    totalCount
    edges {
      node {
        tip { id content siblings { id content } }
        activeCompletion { id content seq parent { content } }
        messages(first: 12) {
          totalCount
          pageInfo { endCursor }
          edges {
            cursor
            node {
              content
              parent { content conversation { title } }
              siblings {
                content
                conversation { title tip { content } messages(first: 12) { totalCount nodes { content } } }
              }
            }
          }
        }
      }
    }
  }
}
"""
COSTS_NOTHING = {"models"}
"""Root fields that ask the storage for nothing."""
ARGUMENTS = {"searchMessages": f'(first: {SIZE}, query: "Hello")', "conversations": f"(first: {SIZE})"}
BY_ID = {"node": "(id: $message)", "message": "(id: $message)", "conversation": "(id: $conversation)"}


def all_paths() -> Iterator[Path]:
    query = schema._schema.query_type
    assert query
    for name, field in query.fields.items():
        if isinstance(get_named_type(field.type), GraphQLObjectType) and name not in COSTS_NOTHING | BY_ID.keys():
            yield from paths(name + ARGUMENTS.get(name, ""), field, hops=3, size=SIZE)


@pytest.fixture(scope="module")
async def reader(port: int) -> AsyncGenerator[Client]:
    """Whose conversations are SIZE, each with SIZE messages after one another, SIZE beside one of them, and a reply in
    flight at its tip.
    """
    headers = {OWNER_HEADER: f"test-{new_uuid()}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, verify=False) as http:
        client = Client(http, port, headers[OWNER_HEADER])
        for _ in range(SIZE):
            await converse(client, SIZE)
        await client.data('{ searchMessages(query: "Hello") { nodes { id } } }')  # the first one fills its index
        yield client


async def converse(client: Client, messages: int) -> None:
    """The second message from the root on has as many siblings as the branch has messages."""
    first = await client.post("Hello", reply=False)
    id, parent = first["conversation"]["id"], first["message"]["id"]
    for _ in range(messages):
        await client.post("Hello beside", conversationId=id, parentId=parent, reply=False)
    for _ in range(messages - 4):
        await client.post("Hello below", conversationId=id, reply=False)
    await client.post("Hello?", conversationId=id, model="slow")


@pytest.mark.parametrize("path", list(all_paths()), ids=str)
async def test_every_level_of_the_schema_is_one_request_at_most(
    reader: Client, calls: StorageCalls, path: Path
) -> None:
    with calls.counted() as counted:
        await reader.data(path.document)
    assert 1 <= len(counted.of(reader.owner)) <= len(path.fields)
    assert counted.texts <= len(path.fields)


def test_there_is_no_field_that_these_tests_do_not_ask_for() -> None:
    query = schema._schema.query_type
    assert query
    walked = {str(each).partition(".")[0] for each in all_paths()}
    assert walked | COSTS_NOTHING | BY_ID.keys() == query.fields.keys()


@pytest.mark.parametrize("name", BY_ID)
async def test_many_by_id_are_one_request(reader: Client, calls: StorageCalls, name: str) -> None:
    page = await reader.data("{ conversations { nodes { id messages { nodes { id } } } } }")
    nodes = page["conversations"]["nodes"]
    kind = "conversation" if name == "conversation" else "message"
    ids = [each["id"] for each in (nodes if kind == "conversation" else nodes[0]["messages"]["nodes"])]
    fields = " ".join(f'f{number}: {name}(id: "{id}") {{ id }}' for number, id in enumerate(ids))
    with calls.counted() as counted:
        found = await reader.data(f"{{ {fields} }}")
    assert [each["id"] for each in found.values()] == ids
    assert len(ids) == SIZE
    assert len(counted.of(reader.owner)) == 1


async def test_a_page_of_conversations_with_twenty_messages_each_is_one_request(
    client: Client, calls: StorageCalls
) -> None:
    for _ in range(3):
        await converse(client, 20)
    with calls.counted() as counted:
        found = (await client.data(TWENTY_EACH))["conversations"]["nodes"]
    assert [len(each["messages"]["nodes"]) for each in found] == [20] * 3
    assert len(counted.of(client.owner)) == 1
    assert counted.texts <= 1  # of the replies in flight, of all pages together


async def test_the_query_of_the_readme_is_one_request(reader: Client, calls: StorageCalls) -> None:
    with calls.counted() as counted:
        await reader.data(README)
    assert len(counted.of(reader.owner)) == 1
    assert counted.texts <= 1


async def test_what_goes_round_in_circles_costs_less_than_there_is_on_one_level(
    reader: Client, calls: StorageCalls
) -> None:
    with calls.counted() as counted:
        nodes = (await reader.data(NESTED))["conversations"]["edges"]
    assert {len(each["node"]["messages"]["edges"]) for each in nodes} == {SIZE} == {len(nodes)}
    # 8, or some more where a read's answer comes too late to spare another one its own.
    assert len(counted.of(reader.owner)) < SIZE
    assert counted.texts < SIZE


async def test_a_total_is_counted_only_when_asked_for(client: Client, calls: StorageCalls) -> None:
    id = (await client.post("One", reply=False))["conversation"]["id"]
    with calls.counted() as counted:
        await client.data("{ conversations { nodes { id } } }")
    assert len(counted.of(client.owner)) == 1
    with calls.counted() as counted:
        assert await client.data("{ conversations { totalCount } }") == {"conversations": {"totalCount": 1}}
    assert len(counted.of(client.owner)) == 1
    with calls.counted() as counted:  # a branch knows its length
        await client.data("query Q($id: ID!) { conversation(id: $id) { messages { totalCount nodes { id } } } }", id=id)
    assert len(counted.of(client.owner)) == 2


async def test_to_post_is_two_requests_at_most_with_the_prompt(client: Client, calls: StorageCalls) -> None:
    with calls.counted() as counted:
        id = (await client.post("Hello", reply=False))["conversation"]["id"]
    assert len(counted.of(client.owner)) == 1
    with calls.counted() as counted:
        await client.post("Hello", conversationId=id, reply=False)
    assert len(counted.of(client.owner)) == 2
    with calls.counted() as counted:
        reply = (await client.post("Hello", conversationId=id, model="slow"))["reply"]["id"]
        async with client.socket() as socket:  # what it says comes after its prompt was read
            await socket.subscribe("1", FOLLOW, id=reply)
            assert (await socket.receive())["type"] == "next"
    assert len(counted.of(client.owner)) == 2 + 1  # to watch is one, too


async def test_to_edit_and_to_regenerate_are_two_requests_with_the_prompt(client: Client, calls: StorageCalls) -> None:
    posted = await client.post("Hello", model="slow")
    for mutation, id in (("regenerate", posted["reply"]["id"]), ("editMessage", posted["message"]["id"])):
        active = posted["reply"]["id"]
        await client.data("mutation M($id: ID!) { stopCompletion(messageId: $id) { status } }", id=active)
        content = ', content: "Hi"' if mutation == "editMessage" else ""
        with calls.counted() as counted:
            document = f'mutation M($id: ID!) {{ started: {mutation}(input: {{messageId: $id, model: "slow"{content}}})'
            posted = (await client.data(f"{document} {{ reply {{ id }} }} }}", id=id))["started"]
            async with client.socket() as socket:
                await socket.subscribe("1", FOLLOW, id=posted["reply"]["id"])
                assert (await socket.receive())["type"] == "next"
        assert len(counted.of(client.owner)) == 2 + 1
