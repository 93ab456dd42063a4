"""Another's things are as if they were not there, by whatever field or route they are named.

What takes an id stands in a table here, and the tables are compared with the schema and with the routes: a new field
or route fails until it has a case of its own.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.api.graphql.schema import schema
from tests.api.graphql.client import ACK, FOLLOW, POST
from tests.api.guarded import Guarded, ask, first_answer, routes_of
from tests.api.schema_walk import fields_of, places_of_ids

SCHEMA = schema._schema
SAID = "xylophone"
COMPLETIONS = "/v1/chat/completions"


@dataclass(frozen=True)
class Things:
    """What a caller has: a conversation of a message and its reply, which has ended, and a stored completion."""

    conversation: str
    message: str
    reply: str
    completion: str


@dataclass(frozen=True)
class Case:
    """Args:
    place: see tests/api/schema_walk.py.
    variables: of what is named, and of what else the caller may need, which is its own.
    """

    place: str
    document: str
    variables: Callable[[Things, Things], dict[str, Any]]


def posting(**input: Any) -> dict[str, Any]:
    return {"input": {"content": "Hello", "reply": False, **input}}


BY_ID = [
    Case(
        "Query.node(id)", "query Q($id: ID!) { it: node(id: $id) { id } }", lambda named, _: {"id": named.conversation}
    ),
    Case("Query.node(id)", "query Q($id: ID!) { it: node(id: $id) { id } }", lambda named, _: {"id": named.reply}),
    Case(
        "Query.conversation(id)",
        "query Q($id: ID!) { it: conversation(id: $id) { id title } }",
        lambda named, _: {"id": named.conversation},
    ),
    Case(
        "Query.message(id)",
        "query Q($id: ID!) { it: message(id: $id) { id content } }",
        lambda named, _: {"id": named.message},
    ),
    Case(
        "Mutation.updateConversation(input.id)",
        "mutation M($input: UpdateConversationInput!) { it: updateConversation(input: $input) { id } }",
        lambda named, _: {"input": {"id": named.conversation, "title": "mine"}},
    ),
    Case(
        "Mutation.deleteConversation(id)",
        "mutation M($id: ID!) { it: deleteConversation(id: $id) }",
        lambda named, _: {"id": named.conversation},
    ),
    Case(
        "Mutation.postMessage(input.conversationId)",
        "mutation M($input: PostMessageInput!) { it: postMessage(input: $input) { message { id } } }",
        lambda named, _: posting(conversationId=named.conversation),
    ),
    Case(
        "Mutation.postMessage(input.parentId)",
        "mutation M($input: PostMessageInput!) { it: postMessage(input: $input) { message { id } } }",
        lambda named, own: posting(conversationId=own.conversation, parentId=named.message),
    ),
    Case(
        "Mutation.editMessage(input.messageId)",
        "mutation M($input: EditMessageInput!) { it: editMessage(input: $input) { message { id } } }",
        lambda named, _: {"input": {"messageId": named.message, "content": "Bye", "reply": False}},
    ),
    Case(
        "Mutation.regenerate(input.messageId)",
        "mutation M($input: RegenerateInput!) { it: regenerate(input: $input) { reply { id } } }",
        lambda named, _: {"input": {"messageId": named.reply}},
    ),
    Case(
        "Mutation.selectBranch(messageId)",
        "mutation M($id: ID!) { it: selectBranch(messageId: $id) { id } }",
        lambda named, _: {"id": named.message},
    ),
    Case(
        "Mutation.stopCompletion(messageId)",
        "mutation M($id: ID!) { it: stopCompletion(messageId: $id) { id } }",
        lambda named, _: {"id": named.reply},
    ),
    Case("Subscription.completion(messageId)", FOLLOW, lambda named, _: {"id": named.reply}),
]

OF_THE_CALLER = {
    "conversations": "{ conversations(first: 100) { nodes { id messages { nodes { id content } } } } }",
    "searchMessages": f'{{ searchMessages(query: "{SAID}") {{ nodes {{ id content }} }} }}',
    "todos": "{ todos { id title } }",
}
"""Of each query that lists, a document whose answer has something that the caller owns."""

OF_EVERYBODY = {"models"}

ROUTES: dict[tuple[str, str], Any] = {
    ("GET", f"{COMPLETIONS}/{{id}}"): None,
    ("GET", f"{COMPLETIONS}/{{id}}/messages"): None,
    ("GET", f"{COMPLETIONS}/{{id}}/stream"): None,
    ("POST", f"{COMPLETIONS}/{{id}}"): {"metadata": {}},
    ("POST", f"{COMPLETIONS}/{{id}}/cancel"): None,
    ("DELETE", f"{COMPLETIONS}/{{id}}"): None,
}
"""With what is sent to them; the last one deletes."""

ROUTES_OF_EVERYBODY = {("GET", "/v1/models/{model:path}")}


async def things(client: httpx.AsyncClient) -> Things:
    posted = (await ask(client, POST, input={"content": SAID}))["data"]["postMessage"]
    query = "query Q($id: ID!) { message(id: $id) { status } }"
    while (await ask(client, query, id=posted["reply"]["id"]))["data"]["message"]["status"] == "STREAMING":
        pass
    asked = {"model": "demo", "store": True, "messages": [{"role": "user", "content": SAID}]}
    completion = (await client.post(COMPLETIONS, json=asked)).json()
    conversation, message, reply = (posted[name]["id"] for name in ("conversation", "message", "reply"))
    return Things(conversation, message, reply, completion["id"])


@pytest.fixture
async def keys(guarded: Guarded) -> tuple[str, str]:
    """Of two who know nothing of each other."""
    return await guarded.key(), await guarded.key()


@pytest.fixture
async def victim(guarded: Guarded, keys: tuple[str, str]) -> AsyncGenerator[httpx.AsyncClient]:
    async with guarded.caller(keys[0]) as client:
        yield client


@pytest.fixture
async def attacker(guarded: Guarded, keys: tuple[str, str]) -> AsyncGenerator[httpx.AsyncClient]:
    async with guarded.caller(keys[1]) as client:
        yield client


def test_every_field_that_takes_an_id_has_a_case() -> None:
    assert set(places_of_ids(SCHEMA)) == {each.place for each in BY_ID}


def test_every_query_either_takes_an_id_or_is_known_to_be_the_callers_or_everybodys() -> None:
    by_id = {each.place.partition(".")[2].partition("(")[0] for each in BY_ID if each.place.startswith("Query.")}
    assert fields_of(SCHEMA, "Query") == by_id | set(OF_THE_CALLER) | OF_EVERYBODY


def test_every_route_that_takes_an_id_has_a_case(guarded: Guarded) -> None:
    routes = routes_of(guarded.served.parley.rest)
    taking = {(method, path) for method, path in routes if "{" in path}
    assert taking == set(ROUTES) | ROUTES_OF_EVERYBODY


@pytest.mark.parametrize("case", BY_ID, ids=lambda case: case.place)
async def test_what_is_anothers_is_not_there(
    guarded: Guarded, keys: tuple[str, str], victim: httpx.AsyncClient, attacker: httpx.AsyncClient, case: Case
) -> None:
    theirs, own = await things(victim), await things(attacker)

    answer = await operation(guarded, keys[1], case, case.variables(theirs, own))
    assert is_not_there(answer), answer
    assert SAID not in json.dumps(answer)

    answer = await operation(guarded, keys[0], case, case.variables(theirs, theirs))
    assert "errors" not in answer, answer  # so it was there, and stays as it was
    assert answer["data"]


async def operation(guarded: Guarded, key: str, case: Case, variables: dict[str, Any]) -> Any:
    """Its response, or its first, over WebSocket: all three kinds are served there."""
    async with guarded.socket({"apiKey": key}) as socket:
        assert await socket.receive() == ACK
        message = await first_answer(socket, case.document, **variables)
    return {"errors": message["payload"]} if message["type"] == "error" else message["payload"]


def is_not_there(answer: Any) -> bool:
    codes = [each["extensions"]["code"] for each in answer.get("errors", ())]
    return codes == ["NOT_FOUND"] or (not codes and answer["data"] == {"it": None})


@pytest.mark.parametrize("field", OF_THE_CALLER)
async def test_a_list_has_only_what_is_the_callers(
    victim: httpx.AsyncClient, attacker: httpx.AsyncClient, field: str
) -> None:
    await things(victim)
    mutation = "mutation M($title: String!) { createTodo(title: $title) { id } }"
    await ask(victim, mutation, title=SAID)
    assert SAID in json.dumps((await ask(victim, OF_THE_CALLER[field]))["data"])
    answer = await ask(attacker, OF_THE_CALLER[field])
    assert "errors" not in answer
    assert SAID not in json.dumps(answer)


async def test_a_completion_of_anothers_is_not_there_by_any_route(
    victim: httpx.AsyncClient, attacker: httpx.AsyncClient
) -> None:
    theirs = await things(victim)
    for (method, path), body in ROUTES.items():
        own = path.format(id=theirs.completion)
        refused = await attacker.request(method, own, json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found"), (method, path)
        assert SAID not in refused.text
        assert (await victim.request(method, own, json=body)).status_code == 200, (method, path)


async def test_completions_are_listed_to_their_owner_alone(
    victim: httpx.AsyncClient, attacker: httpx.AsyncClient
) -> None:
    theirs = await things(victim)
    assert theirs.completion in (await victim.get(COMPLETIONS)).text
    assert (await attacker.get(COMPLETIONS)).json()["data"] == []


async def test_a_completion_cannot_go_on_in_anothers_conversation(
    victim: httpx.AsyncClient, attacker: httpx.AsyncClient
) -> None:
    theirs = await things(victim)
    asked = {"model": "demo", "store": True, "messages": [{"role": "user", "content": "And?"}]}
    place = {"metadata": {"conversation_id": theirs.conversation}}
    assert (await attacker.post(COMPLETIONS, json={**asked, **place})).status_code == 404
    assert (await victim.post(COMPLETIONS, json={**asked, **place})).status_code == 200


async def test_a_reply_of_anothers_cannot_be_played_again(
    victim: httpx.AsyncClient, attacker: httpx.AsyncClient
) -> None:
    theirs = await things(victim)
    asked = {"model": f"replay:{theirs.reply}", "messages": [{"role": "user", "content": "Again"}]}
    for path in (COMPLETIONS, "/egp/v1/chat-completions"):
        assert (await attacker.post(path, json=asked)).status_code == 404
        assert (await victim.post(path, json=asked)).status_code == 200


async def test_an_idempotency_key_is_its_owners(victim: httpx.AsyncClient, attacker: httpx.AsyncClient) -> None:
    input = {"content": SAID, "reply": False, "idempotencyKey": "one"}
    first, again = [(await ask(victim, POST, input=input))["data"]["postMessage"]["message"]["id"] for _ in range(2)]
    others = (await ask(attacker, POST, input=input))["data"]["postMessage"]["message"]["id"]
    assert first == again != others
