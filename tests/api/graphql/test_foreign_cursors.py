"""A cursor is of one connection, of one owner: with any other it is refused, and the error names the argument."""

from __future__ import annotations

import httpx
import pytest

from app.chat.identifiers import new_uuid
from tests.api.graphql.client import OWNER_HEADER, Client

CONVERSATIONS = """
query Q($after: String, $before: String) {
  conversations(after: $after, before: $before) { nodes { id } pageInfo { endCursor } }
}
"""
MESSAGES = """
query Q($id: ID!, $after: String, $before: String) {
  conversation(id: $id) { messages(after: $after, before: $before) { nodes { id } pageInfo { endCursor } } }
}
"""


async def conversation(client: Client) -> str:
    id: str = (await client.post("Hello", reply=False))["conversation"]["id"]
    return id


async def conversations_cursor(client: Client) -> str:
    cursor: str = (await client.data(CONVERSATIONS))["conversations"]["pageInfo"]["endCursor"]
    return cursor


async def messages_cursor(client: Client, id: str) -> str:
    cursor: str = (await client.data(MESSAGES, id=id))["conversation"]["messages"]["pageInfo"]["endCursor"]
    return cursor


@pytest.fixture(params=["after", "before"])
def argument(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


async def test_a_cursor_of_another_connection_is_refused(client: Client, argument: str) -> None:
    ours, other = await conversation(client), await conversation(client)
    foreign = [await conversations_cursor(client), await messages_cursor(client, other), ours]
    for cursor in foreign:
        refused = await client.error(MESSAGES, id=ours, **{argument: cursor})
        assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", argument)
        assert refused["message"] == f"{argument}: is not a cursor of this conversation's messages"
    refused = await client.error(CONVERSATIONS, **{argument: await messages_cursor(client, ours)})
    assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", argument)
    assert refused["message"] == f"{argument}: is not a cursor of your list of conversations"


async def test_a_cursor_of_another_owner_is_refused(client: Client, argument: str) -> None:
    headers = {OWNER_HEADER: f"test-{new_uuid()}"}
    async with httpx.AsyncClient(base_url=client.http.base_url, headers=headers, verify=False) as http:
        stranger = Client(http, client.port, headers[OWNER_HEADER])
        theirs = await conversation(stranger)
        lists, branch = await conversations_cursor(stranger), await messages_cursor(stranger, theirs)
    ours = await conversation(client)
    assert (await client.error(CONVERSATIONS, **{argument: lists}))["field"] == argument
    assert (await client.error(MESSAGES, id=ours, **{argument: branch}))["field"] == argument
