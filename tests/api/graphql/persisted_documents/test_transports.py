"""Whatever way a request comes, the same documents are known, and the same are refused."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from itertools import permutations
from typing import Any

import pytest
from graphql import get_introspection_query

from app.api.graphql.limits import MAX_ALIASES
from app.api.graphql.persisted_documents.documents import PersistedDocuments
from app.api.graphql.persisted_documents.identifier import hash_of
from app.api.graphql.policy import Policy
from app.chat.service import Chat
from tests.api.graphql.client import FOLLOW, OWNER_HEADER, Client
from tests.api.graphql.persisted_documents.asking import WAYS, Ask, automatic, code_of, error_of, served
from tests.api.graphql.sse.reading import EVENT_STREAM, EventReader

MODELS = "query Models { models { id } }"
MESSAGE = "query Message($id: ID!) { message(id: $id) { id } }"
CREATE = "mutation Create { createConversation(input: {}) { id } }"
COUNT = "query Count { conversations { totalCount } }"
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"
GRAPHQL_RESPONSE = "application/graphql-response+json"
NOT_FOUND = ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")

every_way = pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)


@pytest.fixture
async def fresh(chat: Chat) -> AsyncGenerator[Client]:
    """A server that knows no document yet."""
    async with served(chat, Policy()) as client:
        yield client


@pytest.fixture(scope="module")
async def strict(chat: Chat) -> AsyncGenerator[Client]:
    """One that serves only what it lists."""
    listed = {"models": MODELS, "x-mine:count": COUNT, "follow": FOLLOW, "create": CREATE}
    async with served(chat, Policy(PersistedDocuments(listed, only=True))) as client:
        yield client


@every_way
async def test_a_hash_alone_does_once_its_document_was_sent_with_it(fresh: Client, ask: Ask) -> None:
    alone = automatic(MESSAGE, variables={"id": UNKNOWN}, operationName="Message")
    assert error_of(await ask(fresh, alone)) == NOT_FOUND
    assert (await ask(fresh, {**alone, "query": MESSAGE}))["data"] == {"message": None}
    assert (await ask(fresh, alone))["data"] == {"message": None}
    id = {"documentId": f"sha256:{hash_of(MESSAGE)}", "variables": {"id": UNKNOWN}}
    assert (await ask(fresh, id))["data"] == {"message": None}


@pytest.mark.parametrize(("first", "then"), [*permutations(WAYS, 2)])
async def test_what_came_one_way_is_known_the_other_ways(fresh: Client, first: str, then: str) -> None:
    await WAYS[first](fresh, automatic(MODELS, query=MODELS))
    assert (await WAYS[then](fresh, automatic(MODELS)))["data"]["models"]


@every_way
async def test_a_wrong_hash_is_told_and_the_document_is_not_run(fresh: Client, ask: Ask) -> None:
    wrong = automatic(MODELS, query=COUNT)
    assert error_of(await ask(fresh, wrong)) == ("provided sha does not match query", "BAD_USER_INPUT")


@every_way
async def test_a_listed_document_is_served_by_its_id_its_hash_and_its_text(strict: Client, ask: Ask) -> None:
    names = ({"documentId": "x-mine:count"}, {"documentId": f"sha256:{hash_of(COUNT)}"}, automatic(COUNT))
    for sent in (*names, {"query": COUNT}, {"query": "", "documentId": "x-mine:count"}):
        assert (await ask(strict, sent))["data"] == {"conversations": {"totalCount": 0}}


@every_way
@pytest.mark.parametrize(
    "sent",
    [
        {"query": "{ __typename }"},
        {"query": get_introspection_query()},
        {"query": f"{MODELS} "},
        automatic(MESSAGE),
        automatic(MESSAGE, query=MESSAGE),
        {"documentId": "nothing"},
        {"documentId": "models", "query": MESSAGE},
    ],
    ids=["whole", "introspection", "nearly-listed", "hash", "registration", "id", "id-of-another"],
)
async def test_what_is_not_listed_is_refused_where_only_that_is_served(strict: Client, ask: Ask, sent: Any) -> None:
    assert code_of(await ask(strict, sent)) == "PERSISTED_QUERY_NOT_IN_LIST"


@pytest.mark.parametrize("way", ["POST", "SSE", "WebSocket"])
async def test_a_mutation_that_is_not_listed_is_not_run(chat: Chat, way: str) -> None:
    async with served(chat, Policy(PersistedDocuments({"count": COUNT}, only=True))) as client:
        assert code_of(await WAYS[way](client, {"query": CREATE})) == "PERSISTED_QUERY_NOT_IN_LIST"
        assert (await WAYS[way](client, {"documentId": "count"}))["data"] == {"conversations": {"totalCount": 0}}


async def test_a_subscription_is_followed_by_its_id(strict: Client, client: Client) -> None:
    id = (await client.post("Hello", model="demo-fast"))["reply"]["id"]
    sent = {"documentId": "follow", "variables": {"id": id, "after": 0}}
    async with Client(strict.http, strict.port, client.owner).socket() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": sent})
        over_socket = [each["data"]["completion"] for each in await socket.payloads("1")]
    headers = {"accept": EVENT_STREAM, OWNER_HEADER: client.owner}
    async with strict.http.stream("POST", "/graphql", json=sent, headers=headers) as response:
        events = [data["data"]["completion"] async for name, data in EventReader(response).events() if name == "next"]
    for told in (over_socket, events):
        assert told[-1]["message"]["status"] == "COMPLETE"


@pytest.mark.parametrize("name", [{"documentId": "create"}, automatic(CREATE)], ids=["id", "hash"])
async def test_a_stored_mutation_is_not_run_by_get(strict: Client, name: dict[str, Any]) -> None:
    parameters = {key: value if isinstance(value, str) else json.dumps(value) for key, value in name.items()}
    for method in ("GET", "HEAD"):
        answer = await strict.http.request(method, "/graphql", params=parameters)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    events = await strict.http.get("/graphql", params=parameters, headers={"accept": EVENT_STREAM})
    assert '"BAD_USER_INPUT"' in events.text
    assert await strict.data(COUNT) == {"conversations": {"totalCount": 0}}


async def test_a_stored_subscription_is_not_served_over_plain_http(strict: Client) -> None:
    sent = {"documentId": "follow", "variables": {"id": UNKNOWN}}
    answer = await strict.http.post("/graphql", json=sent)
    assert (answer.status_code, code_of(answer.json())) == (400, "BAD_USER_INPUT")


@every_way
async def test_the_variables_of_a_stored_document_are_looked_at_each_time(fresh: Client, ask: Ask) -> None:
    query = "query Some($first: Int!) { conversations(first: $first) { totalCount } }"
    await ask(fresh, automatic(query, query=query, variables={"first": 1}))
    assert (await ask(fresh, automatic(query, variables={"first": 1})))["data"]["conversations"] == {"totalCount": 0}
    for variables in ({"first": 1_000_000}, {"first": "x"}, {}):
        refused = await ask(fresh, automatic(query, variables=variables))
        assert refused["errors"][0]["extensions"]["code"] in {"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}


@every_way
async def test_what_is_too_complex_is_told_so_and_is_not_kept(fresh: Client, ask: Ask) -> None:
    query = "{ " + " ".join(f"a{each}: __typename" for each in range(MAX_ALIASES + 1)) + " }"
    assert code_of(await ask(fresh, automatic(query, query=query))) == "QUERY_TOO_COMPLEX"
    assert code_of(await ask(fresh, automatic(query))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("sent", [automatic(MODELS), automatic(MODELS, query=COUNT), {"documentId": "nothing"}])
async def test_what_is_refused_has_200_in_json_and_400_in_the_media_type_of_graphql(fresh: Client, sent: Any) -> None:
    legacy = await fresh.http.post("/graphql", json=sent)
    modern = await fresh.http.post("/graphql", json=sent, headers={"accept": GRAPHQL_RESPONSE})
    assert (legacy.status_code, modern.status_code) == (200, 400)
    assert legacy.json() == modern.json()
    assert legacy.headers["cache-control"] == modern.headers["cache-control"] == "no-store"


async def test_a_browser_that_names_a_document_gets_its_answer_and_not_the_page(strict: Client) -> None:
    browser = {"accept": "text/html,*/*;q=0.8"}
    answer = await strict.http.get("/graphql", params={"documentId": "models"}, headers=browser)
    assert answer.json()["data"]["models"]
    extensions = {"extensions": json.dumps(automatic(MODELS)["extensions"])}
    assert (await strict.http.get("/graphql", params=extensions, headers=browser)).json()["data"]["models"]


async def test_a_refused_document_does_not_end_the_socket(fresh: Client) -> None:
    async with fresh.socket() as socket:
        for sent in (automatic(MODELS), automatic(MODELS, query=COUNT), {"documentId": "nothing"}):
            await socket.send({"id": "1", "type": "subscribe", "payload": sent})
            assert (await socket.receive())["type"] == "error"
        await socket.subscribe("1", MODELS)
        assert (await socket.payloads("1"))[0]["data"]["models"]


@every_way
async def test_where_the_schema_is_not_to_be_asked_for_it_is_not_told(chat: Chat, ask: Ask) -> None:
    async with served(chat, Policy(introspection=False)) as client:
        for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Query") { name } }'):
            assert code_of(await ask(client, {"query": query})) == "INTROSPECTION_DISABLED"
            assert code_of(await ask(client, automatic(query, query=query))) == "INTROSPECTION_DISABLED"
        assert (await ask(client, {"query": "{ __typename }"}))["data"] == {"__typename": "Query"}
