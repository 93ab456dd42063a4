from __future__ import annotations

import logging
from uuid import UUID

import pytest
from graphql import GraphQLError

from app.api.graphql.errors import describe, graphql_name, present
from app.api.graphql.schema import schema
from app.chat.errors import (
    BadInput,
    ChatError,
    Code,
    ConversationBusy,
    IdempotencyConflict,
    ModelNotFound,
    NotFound,
    ShuttingDown,
    StorageUnavailable,
)
from app.chat.identifiers import message_id
from tests.api.graphql.client import Client

SECRET = "postgresql://user:password@database"


class BrokenContext:
    """A context as a mistake of ours would leave it."""

    introspection = True
    answers = None

    def read_only(self, _parts: object) -> None: ...

    @property
    def chat(self) -> object:
        raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    ("error", "extensions"),
    [
        (NotFound("message"), {"code": "NOT_FOUND"}),
        (ModelNotFound("gpt"), {"code": "MODEL_NOT_FOUND"}),
        (IdempotencyConflict(), {"code": "IDEMPOTENCY_CONFLICT"}),
        (StorageUnavailable(), {"code": "STORAGE_UNAVAILABLE", "retryable": True}),
        (ShuttingDown(), {"code": "SHUTTING_DOWN", "retryable": True}),
        (ConversationBusy(None), {"code": "CONVERSATION_BUSY"}),
        (BadInput("top_p", "is too high"), {"code": "BAD_USER_INPUT", "field": "topP"}),
    ],
)
def test_an_outcome_of_the_domain_is_told_by_its_code(error: ChatError, extensions: dict[str, object]) -> None:
    shown = present(GraphQLError("text of the executor's", path=["a"], original_error=error))
    assert shown.formatted["extensions"] == extensions
    assert shown.formatted["path"] == ["a"]


def test_a_busy_conversation_names_the_message_to_wait_for() -> None:
    active = UUID(int=7)
    _, extensions = describe(ConversationBusy(active))
    assert message_id(extensions["activeMessageId"]) == active


def test_a_bad_field_is_named_as_in_the_schema() -> None:
    message, extensions = describe(BadInput("parameters.max_tokens", "must be at least 1"))
    assert message == "parameters.maxTokens: must be at least 1"
    assert extensions == {"code": Code.BAD_USER_INPUT, "field": "parameters.maxTokens"}


def test_what_is_inside_metadata_keeps_the_clients_spelling() -> None:
    assert graphql_name("metadata.user_id[0].first_name") == "metadata.user_id[0].first_name"


async def test_an_unforeseen_error_is_masked_and_found_in_the_log_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "parley.api"):
        result = await schema.execute("{ models { id } }", context_value=BrokenContext())
    [error] = result.errors or []
    (record,) = caplog.records
    assert error.message == "Internal error"
    assert error.extensions is not None
    assert error.extensions["code"] == "INTERNAL"
    assert SECRET not in str(error.formatted)
    assert error.extensions["errorId"] in record.getMessage()
    assert SECRET in caplog.text
    assert "Traceback" in caplog.text


async def test_an_unforeseen_error_of_a_subscription_is_masked_too(caplog: pytest.LogCaptureFixture) -> None:
    query = 'subscription { completion(messageId: "msg_01h2xcejqtf2nbrexx3vqjhp41") { seq } }'
    stream = await schema.stream(query, context_value=BrokenContext())
    (result,) = [each async for each in stream]
    assert SECRET not in str([each.formatted for each in result.errors or ()])  # type: ignore[union-attr] # no incremental delivery
    assert SECRET in caplog.text


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ models { id } } \0", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ message(id: {}) { id } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query Q($id: ID!) { message(id: $id) { id } }", {}, "BAD_USER_INPUT"),
        ("query Q($id: ID!) { message(id: $id) { id } }", {"id": {}}, "BAD_USER_INPUT"),
        ("query Q($n: Int) { conversations(first: $n) { totalCount } }", {"n": "five"}, "BAD_USER_INPUT"),
        ("query Q($n: Int) { conversations(first: $n) { totalCount } }", {"n": 2**31}, "BAD_USER_INPUT"),
        ("query Q($if: Boolean! = true) { models @skip(if: $if) { id } }", {"if": None}, "BAD_USER_INPUT"),
        ('{ message(id: "nonsense") { id } }', {}, "BAD_USER_INPUT"),
    ],
)
async def test_a_request_that_is_wrong_says_so(
    client: Client, query: str, variables: dict[str, object], code: str
) -> None:
    assert (await client.error(query, **variables))["code"] == code


async def test_nothing_of_what_is_refused_reaches_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    await client.error("{")
    await client.error("{ nothing }")
    await client.error('{ message(id: "nonsense") { id } }')
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
