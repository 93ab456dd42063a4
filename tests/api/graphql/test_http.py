from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from app.api.graphql.limits import MAX_BODY_BYTES
from app.api.large_json import MAX_JSON_VALUES
from tests.api.graphql.client import OWNER_HEADER, POST, Client

GRAPHQL_RESPONSE = "application/graphql-response+json"
MODELS = "{ models { id } }"


def code(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    return str(error["extensions"]["code"])


async def test_a_query_by_post_is_answered_in_json(client: Client) -> None:
    answer = await client.http.post("/graphql", json={"query": MODELS})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert {each["id"] for each in answer.json()["data"]["models"]} == {"demo", "demo-fast", "slow", "upstream"}


async def test_a_query_by_get_takes_variables_and_an_operation_name(client: Client) -> None:
    query = "query One($id: ID!) { message(id: $id) { id } } query Two { models { id } }"
    posted = await client.post("Hello", reply=False)
    parameters = {"query": query, "operationName": "One", "variables": json.dumps({"id": posted["message"]["id"]})}
    answer = await client.http.get("/graphql", params=parameters)
    assert answer.json()["data"] == {"message": {"id": posted["message"]["id"]}}


async def test_a_mutation_by_get_is_refused_with_the_method_to_use(client: Client) -> None:
    answer = await client.http.get("/graphql", params={"query": "mutation { createConversation(input: {}) { id } }"})
    assert (answer.status_code, answer.headers["allow"], code(answer)) == (405, "POST", "BAD_USER_INPUT")
    assert (await client.data("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 0


async def test_a_head_is_answered_like_a_get(client: Client) -> None:
    answer = await client.http.head("/graphql", params={"query": MODELS})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.http.head("/graphql", headers={"accept": "text/html"})).status_code == 200
    mutation = {"query": "mutation { createConversation(input: {}) { id } }"}
    assert (await client.http.head("/graphql", params=mutation)).status_code == 405


async def test_another_method_is_not_allowed(client: Client) -> None:
    assert (await client.http.put("/graphql", json={"query": MODELS})).status_code == 405


async def test_a_subscription_over_plain_http_is_refused(client: Client) -> None:
    query = 'subscription { completion(messageId: "msg_0") { seq } }'
    answer = await client.http.post("/graphql", json={"query": query})
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, application/json;q=0.9", GRAPHQL_RESPONSE),
        (f"application/json, {GRAPHQL_RESPONSE};q=0.5", "application/json"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        (f"{GRAPHQL_RESPONSE};q=0", "application/json"),
    ],
)
async def test_the_client_chooses_the_media_type(client: Client, accept: str, content_type: str) -> None:
    answer = await client.http.post("/graphql", json={"query": MODELS}, headers={"accept": accept})
    assert answer.headers["content-type"] == f"{content_type}; charset=utf-8"


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query Q($id: ID!) { message(id: $id) { id } }"])
async def test_what_cannot_begin_has_no_data_and_400_in_the_media_type_of_graphql(client: Client, query: str) -> None:
    modern = await client.http.post("/graphql", json={"query": query}, headers={"accept": GRAPHQL_RESPONSE})
    legacy = await client.http.post("/graphql", json={"query": query})
    assert (modern.status_code, legacy.status_code) == (400, 200)
    assert modern.json().keys() == legacy.json().keys() == {"errors"}


async def test_an_error_in_a_field_is_200_with_data_in_both_media_types(client: Client) -> None:
    query = '{ models { id } message(id: "nonsense") { id } }'
    for accept in (GRAPHQL_RESPONSE, "application/json"):
        answer = await client.http.post("/graphql", json={"query": query}, headers={"accept": accept})
        assert answer.status_code == 200
        assert answer.json()["data"]["message"] is None
        assert answer.json()["data"]["models"]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain;application/json",
    ],
)
async def test_what_a_foreign_page_can_send_unasked_is_refused(client: Client, content_type: str) -> None:
    body = json.dumps({"query": "mutation { createConversation(input: {}) { id } }"})
    answer = await client.http.post("/graphql", content=body, headers={"content-type": content_type})
    assert (answer.status_code, code(answer)) == (415, "BAD_USER_INPUT")
    assert (await client.data("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 0


async def test_a_body_without_a_type_is_refused(client: Client) -> None:
    request = client.http.build_request("POST", "/graphql", content=json.dumps({"query": MODELS}))
    assert "content-type" not in request.headers
    assert (await client.http.send(request)).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"{ models { id } }"',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": "{ models { id } }", "variables": []}',
        b'{"query": "{ models { id } }", "operationName": 1}',
        b'{"query": "{ models { id } }", "extensions": "x"}',
        b'[{"query": "{ models { id } }"}]',
        b'{"query": "\xff"}',
        b'{"query": NaN}',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_graphql_request_is_refused_in_words(client: Client, body: bytes) -> None:
    answer = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("variables", ["{", "[]", "1"])
async def test_malformed_variables_of_a_get_are_refused(client: Client, variables: str) -> None:
    answer = await client.http.get("/graphql", params={"query": MODELS, "variables": variables})
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused_with_413(client: Client, chunked: bool) -> None:
    body = b'{"query": "' + b" " * MAX_BODY_BYTES + b'{ models { id } }"}'

    async def chunks() -> Any:
        for at in range(0, len(body), 65_536):
            yield body[at : at + 65_536]

    content = chunks() if chunked else body
    answer = await client.http.post("/graphql", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, code(answer)) == (413, "BAD_USER_INPUT")


async def test_the_largest_body_is_taken(client: Client) -> None:
    body = b'{"query": "{ models { id } }"}'
    body += b" " * (MAX_BODY_BYTES - len(body))
    answer = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.json()["data"]["models"]


async def test_more_json_values_than_memory_is_kept_for_are_refused_wherever_they_are(client: Client) -> None:
    body = {"query": MODELS, "variables": {"unused": [[]] * MAX_JSON_VALUES}}
    answer = await client.http.post("/graphql", json=body)
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")
    assert f"{MAX_JSON_VALUES:,} JSON values" in answer.text


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00\ud800", r"a\udfff"])
async def test_a_lone_surrogate_is_refused_by_the_name_of_its_field(client: Client, escape: str) -> None:
    body = json.dumps({"query": POST, "variables": {"input": {"content": "HERE"}}}).replace("HERE", escape)
    answer = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    (error,) = answer.json()["errors"]
    assert answer.status_code == 200
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("BAD_USER_INPUT", "content")
    assert "lone surrogate" in error["message"]


async def test_a_surrogate_in_the_query_itself_is_a_syntax_error(client: Client) -> None:
    body = '{"query": "{ models { id } } # \\ud800 \\n \\ud800"}'
    answer = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, code(answer)) == (200, "GRAPHQL_PARSE_FAILED")


async def test_a_browser_gets_the_playground_and_a_program_does_not(client: Client) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    assert (await client.http.get("/graphql", headers=browser)).text == "the playground"
    assert (await client.http.get("/graphql")).status_code == 400
    answer = await client.http.get("/graphql", params={"query": MODELS}, headers=browser)
    assert answer.json()["data"]["models"]


async def test_another_caller_sees_nothing_of_it(client: Client) -> None:
    posted = await client.post("Mine", reply=False)
    query = "query Get($id: ID!) { node(id: $id) { id } }"
    body = {"query": query, "variables": {"id": posted["message"]["id"]}}
    other = await client.http.post("/graphql", json=body, headers={OWNER_HEADER: "somebody else"})
    assert other.json()["data"] == {"node": None}
