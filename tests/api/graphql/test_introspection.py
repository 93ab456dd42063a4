"""Questions about the schema, where they are allowed and where they are not."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import get_introspection_query

from app.api.graphql.context import Context
from app.api.graphql.operation import Failed, responses
from app.api.graphql.request import GraphQLRequest
from app.api.identity import Identity
from app.chat.service import Chat


async def answer(chat: Chat, query: str, *, introspection: bool) -> Any:
    context = Context(chat, Identity("test"), introspection=introspection)
    [response] = [each async for each in responses(GraphQLRequest(query), context)]
    return response["data"]


async def refusals(chat: Chat, query: str) -> list[tuple[str, str]]:
    with pytest.raises(Failed) as failed:
        await answer(chat, query, introspection=False)
    return [(each["extensions"]["code"], each["message"]) for each in failed.value.errors]


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ innocent: __schema { __typename } }",
        "{ models { id } ...F } fragment F on Query { ... { __schema { queryType { name } } } }",
        get_introspection_query(),
    ],
)
async def test_the_schema_is_told_or_refused_as_the_server_is_set_whatever_was_asked_before(
    chat: Chat, query: str
) -> None:
    for _ in range(2):
        assert await answer(chat, query, introspection=True)
        [(code, message)] = await refusals(chat, query)
        assert code == "INTROSPECTION_DISABLED"
        assert "Introspection is disabled" in message


async def test_what_was_refused_first_is_answered_where_it_is_allowed(chat: Chat) -> None:
    query = "query RefusedFirst { __schema { __typename } }"
    assert await refusals(chat, query)
    assert await answer(chat, query, introspection=True) == {"__schema": {"__typename": "__Schema"}}


async def test_every_question_is_refused_once(chat: Chat) -> None:
    query = '{ __schema { types { fields { name } } } a: __type(name: "A") { name } }'
    assert len(await refusals(chat, query)) == 2


async def test_the_name_of_a_type_in_an_answer_is_no_introspection(chat: Chat) -> None:
    query = "{ __typename conversations { __typename nodes { __typename } } }"
    data = await answer(chat, query, introspection=False)
    assert data == {"__typename": "Query", "conversations": {"__typename": "ConversationConnection", "nodes": []}}


@pytest.mark.parametrize("query", ["{ conversation_ }", "{ conversations(frist: 1) { nodes { titel } } }"])
async def test_what_is_misspelt_is_told_without_the_names_of_what_there_is(chat: Chat, query: str) -> None:
    with pytest.raises(Failed, match="Did you mean"):
        await answer(chat, query, introspection=True)
    told = await refusals(chat, query)
    assert {code for code, _ in told} == {"GRAPHQL_VALIDATION_FAILED"}
    assert not any("Did you mean" in message for _, message in told)
