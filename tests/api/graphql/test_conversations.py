from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.api.graphql.client import OWNER_HEADER, Client

CREATE = """
mutation Create($input: CreateConversationInput!) {
  createConversation(input: $input) {
    id title systemPrompt model metadata archived createdAt updatedAt tip { id } activeCompletion { id }
    messages { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
  }
}
"""
UPDATE = """
mutation Update($input: UpdateConversationInput!) {
  updateConversation(input: $input) { id title systemPrompt model archived metadata }
}
"""
PAGE = """
query Page($first: Int, $after: String, $last: Int, $before: String, $archived: Boolean) {
  conversations(first: $first, after: $after, last: $last, before: $before, archived: $archived) {
    totalCount
    nodes { title }
    edges { cursor node { title } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
UNKNOWN = "conv_01h2xcejqtf2nbrexx3vqjhp41"


async def create(client: Client, **input: Any) -> Any:
    return (await client.data(CREATE, input=input))["createConversation"]


async def update(client: Client, id: str, **input: Any) -> Any:
    return (await client.data(UPDATE, input={"id": id, **input}))["updateConversation"]


async def test_a_conversation_is_found_again_as_it_was_created(client: Client) -> None:
    metadata = {"user_id": 7, "tags": ["a", None, 1.5, {"deep": "\u2028\x85😀"}]}
    created = await create(client, title="Tides", systemPrompt="Be brief.", model="demo-fast", metadata=metadata)
    assert created["id"].startswith("conv_")
    assert created["metadata"] == metadata
    assert (created["title"], created["systemPrompt"], created["model"]) == ("Tides", "Be brief.", "demo-fast")
    assert (created["archived"], created["tip"], created["activeCompletion"]) == (False, None, None)
    assert created["messages"] == {
        "totalCount": 0,
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }
    query = "query Get($id: ID!) { conversation(id: $id) { title metadata } node(id: $id) { __typename id } }"
    assert await client.data(query, id=created["id"]) == {
        "conversation": {"title": "Tides", "metadata": metadata},
        "node": {"__typename": "Conversation", "id": created["id"]},
    }


async def test_times_have_an_offset_and_milliseconds(client: Client) -> None:
    written = (await create(client))["createdAt"]
    assert datetime.fromisoformat(written).utcoffset() is not None
    assert len(written) == len("2026-01-31T23:59:59.123+00:00")


async def test_an_empty_conversation_needs_nothing_at_all(client: Client) -> None:
    created = await create(client)
    assert (created["title"], created["systemPrompt"], created["model"], created["metadata"]) == (None, None, None, {})


async def test_an_update_leaves_what_is_left_out_and_clears_what_is_null(client: Client) -> None:
    id = (await create(client, title="A", systemPrompt="B", model="demo", metadata={"c": 1}))["id"]
    assert await update(client, id, title="New") == {
        "id": id, "title": "New", "systemPrompt": "B", "model": "demo", "archived": False, "metadata": {"c": 1},
    }  # fmt: skip
    assert await update(client, id, title=None, systemPrompt=None, model=None, archived=True, metadata=None) == {
        "id": id, "title": None, "systemPrompt": None, "model": None, "archived": True, "metadata": {},
    }  # fmt: skip
    assert (await update(client, id))["archived"] is True


async def test_a_deleted_conversation_is_gone_with_its_messages(client: Client) -> None:
    posted = await client.post("Hello", reply=False)
    id = posted["conversation"]["id"]
    delete = "mutation Delete($id: ID!) { deleteConversation(id: $id) }"
    assert await client.data(delete, id=id) == {"deleteConversation": id}
    query = "query Get($id: ID!, $message: ID!) { conversation(id: $id) { id } message(id: $message) { id } }"
    gone = {"conversation": None, "message": None}
    assert await client.data(query, id=id, message=posted["message"]["id"]) == gone
    assert (await client.error(delete, id=id))["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"title": "a\0"}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"systemPrompt": "\ud800"}, "systemPrompt"),
        ({"metadata": []}, "metadata"),
        ({"metadata": "text"}, "metadata"),
        ({"metadata": {"user_name": {"x": "\0"}}}, "metadata.user_name.x"),
        ({"metadata": {"\ud800": 1}}, "metadata"),
        ({"metadata": {"x": "y" * 70_000}}, "metadata"),
    ],
)
async def test_what_cannot_be_stored_is_refused_by_the_name_of_its_field(
    client: Client, input: dict[str, Any], field: str
) -> None:
    error = await client.error(CREATE, input=input)
    assert error["code"] == "BAD_USER_INPUT"
    assert error["field"].startswith(field)


async def test_metadata_nested_too_deep_is_refused(client: Client) -> None:
    deep: Any = 1
    for _ in range(200):
        deep = {"a": deep}
    assert (await client.error(CREATE, input={"metadata": deep}))["code"] == "BAD_USER_INPUT"


async def test_a_number_that_json_has_no_form_for_is_refused_in_metadata(client: Client) -> None:
    query = "mutation { createConversation(input: {metadata: {big: 1e999}}) { id } }"
    assert (await client.error(query))["field"] == "metadata.big"


async def test_an_integer_that_would_be_rounded_is_refused_in_metadata(client: Client) -> None:
    big = 123456789012345678901234567890
    query = f"mutation {{ createConversation(input: {{metadata: {{big: {big}}}}}) {{ id }} }}"
    assert (await client.error(query))["field"] == "metadata.big"
    assert (await client.error(CREATE, input={"metadata": {"big": big}}))["field"] == "metadata.big"


async def test_integers_are_kept_as_far_as_json_goes_everywhere(client: Client) -> None:
    metadata = {"most": 2**53 - 1, "least": -(2**53) + 1}
    assert (await create(client, metadata=metadata))["metadata"] == metadata


async def test_a_model_that_is_not_served_is_refused(client: Client) -> None:
    assert (await client.error(CREATE, input={"model": "gpt-17"}))["code"] == "MODEL_NOT_FOUND"


async def test_pages_lead_through_all_conversations_newest_first_and_back(client: Client) -> None:
    for number in range(5):
        await create(client, title=str(number))
    titles, cursor, pages = [], None, []
    while True:
        page = (await client.data(PAGE, first=2, after=cursor, archived=False))["conversations"]
        assert page["totalCount"] == 5
        assert page["nodes"] == [each["node"] for each in page["edges"]]
        titles += [each["title"] for each in page["nodes"]]
        pages.append(page)
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["pageInfo"]["endCursor"]
    assert titles == ["4", "3", "2", "1", "0"]
    assert [each["pageInfo"]["hasPreviousPage"] for each in pages] == [False, True, True]
    back = (await client.data(PAGE, last=2, before=pages[2]["pageInfo"]["startCursor"]))["conversations"]
    assert back["edges"] == pages[1]["edges"]


async def test_a_page_is_20_unless_asked_otherwise(client: Client) -> None:
    for _ in range(21):
        await create(client)
    page = (await client.data(PAGE))["conversations"]
    assert (len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (20, True)


async def test_archived_ones_are_out_of_sight_until_asked_for(client: Client) -> None:
    await create(client, title="here")
    await update(client, (await create(client, title="away"))["id"], archived=True)

    async def titles(**variables: Any) -> list[str]:
        return [each["title"] for each in (await client.data(PAGE, **variables))["conversations"]["nodes"]]

    default = await client.data("{ conversations { totalCount nodes { title } } }")
    assert default["conversations"] == {"totalCount": 1, "nodes": [{"title": "here"}]}
    assert await titles(archived=False) == ["here"]
    assert await titles(archived=True) == ["away"]
    assert sorted(await titles(archived=None)) == ["away", "here"]


@pytest.mark.parametrize(
    "arguments",
    [{"first": 1, "last": 1}, {"first": -1}, {"last": 101}, {"after": "x"}, {"after": ""}, {"before": "A" * 32 + "=="}],
)
async def test_a_page_that_cannot_be_is_refused(client: Client, arguments: dict[str, Any]) -> None:
    error = await client.error(PAGE, **arguments)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", list(arguments)[-1])


@pytest.mark.parametrize("id", ["", "nonsense", "conv_", "msg_01h2xcejqtf2nbrexx3vqjhp41", UNKNOWN + "0"])
async def test_a_malformed_id_is_refused_and_named(client: Client, id: str) -> None:
    for query in (
        "query Q($id: ID!) { conversation(id: $id) { id } }",
        "mutation M($id: ID!) { deleteConversation(id: $id) }",
        "mutation M($id: ID!) { updateConversation(input: {id: $id}) { id } }",
    ):
        error = await client.error(query, id=id)
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "id")


async def test_an_unknown_id_is_null_to_a_query_and_not_found_to_a_mutation(client: Client) -> None:
    query = "query Q($id: ID!) { conversation(id: $id) { id } node(id: $id) { id } }"
    assert await client.data(query, id=UNKNOWN) == {"conversation": None, "node": None}
    assert (await client.error(UPDATE, input={"id": UNKNOWN, "title": "x"}))["code"] == "NOT_FOUND"


async def test_anothers_conversation_is_as_if_it_were_not(client: Client) -> None:
    id = (await create(client, title="Mine"))["id"]
    other = Client(client.http, client.port, "other")
    client.http.headers[OWNER_HEADER] = "other"
    assert await other.data("query Q($id: ID!) { conversation(id: $id) { id } }", id=id) == {"conversation": None}
    assert (await other.error(UPDATE, input={"id": id, "title": "x"}))["code"] == "NOT_FOUND"
    assert (await other.error("mutation M($id: ID!) { deleteConversation(id: $id) }", id=id))["code"] == "NOT_FOUND"
