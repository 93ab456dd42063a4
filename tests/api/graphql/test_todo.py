from __future__ import annotations

from datetime import datetime

import httpx

from app.chat.paging import MAX_PAGE_SIZE
from app.chat.text import MAX_TITLE_CHARACTERS
from tests.api.graphql.client import OWNER_HEADER, Client

TODOS = "query { todos { id title completed createdAt } }"
CREATE = "mutation Create($title: String!) { createTodo(title: $title) { id title completed createdAt } }"
CREATE_MANY = "mutation {{ {} }}"
ARCHIVE = """
mutation Archive($id: ID!) { updateConversation(input: {id: $id, archived: true}) { title archived } }
"""


async def test_a_todo_is_listed_as_it_was_created_until_it_is_changed(client: Client) -> None:
    created = (await client.data(CREATE, title="Water the plants 🪴"))["createTodo"]
    assert (created["title"], created["completed"]) == ("Water the plants 🪴", False)
    assert datetime.fromisoformat(created["createdAt"]).utcoffset() is not None
    assert await client.data(TODOS) == {"todos": [created]}


async def test_a_todo_is_a_conversation_and_completed_when_that_is_archived(client: Client) -> None:
    created = (await client.data(CREATE, title="Call home"))["createTodo"]
    archived = await client.data(ARCHIVE, id=created["id"])
    assert archived == {"updateConversation": {"title": "Call home", "archived": True}}
    assert await client.data(TODOS) == {"todos": [{**created, "completed": True}]}


async def test_a_conversation_without_a_title_is_a_todo_without_one(client: Client) -> None:
    id = (await client.data("mutation { createConversation(input: {}) { id } }"))["createConversation"]["id"]
    (todo,) = (await client.data(TODOS))["todos"]
    assert (todo["id"], todo["title"]) == (id, None)


async def test_the_list_ends_after_the_newest_hundred(client: Client) -> None:
    for start in range(0, MAX_PAGE_SIZE + 10, 10):
        fields = (f't{n}: createTodo(title: "{n}") {{ id }}' for n in range(start, start + 10))
        await client.data(CREATE_MANY.format(" ".join(fields)))
    titles = [each["title"] for each in (await client.data(TODOS))["todos"]]
    assert titles == [str(n) for n in range(MAX_PAGE_SIZE + 9, 9, -1)]


async def test_another_callers_todos_are_not_listed(client: Client, port: int) -> None:
    await client.data(CREATE, title="mine")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={OWNER_HEADER: "somebody else"}) as http:
        assert await Client(http, port, "somebody else").data(TODOS) == {"todos": []}


async def test_a_title_that_is_too_long_is_refused_with_the_limit(client: Client) -> None:
    error = await client.error(CREATE, title="x" * (MAX_TITLE_CHARACTERS + 1))
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "title")
    assert str(MAX_TITLE_CHARACTERS) in error["message"]
