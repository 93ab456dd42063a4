"""What each of the domain's errors is on every edge: one row for each, and a row for each one.

Here the ports raise them. Where they come from is tested beside what makes them: a conversation in use and a key that
is used twice in graphql/test_messages.py and rest/test_stored_creation.py, who may not come in, and how often, in
test_identity.py and test_rate_limits.py, a backend's faults in rest/test_refusals.py, a database that is away and a
server that stops in test_unavailability.py, and what nobody foresaw in test_unforeseen_errors.py.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.api.errors import HTTP_STATUS
from app.api.graphql.websocket.close import CloseCode
from app.api.rest.egp.errors import egp_error
from app.api.rest.openai_errors import openai_error
from app.chat.errors import (
    BackendFailed,
    BackendFault,
    BadInput,
    ChatError,
    Code,
    CompletionContinued,
    ConversationBusy,
    IdempotencyConflict,
    ModelNotFound,
    NotFound,
    RateLimited,
    ShuttingDown,
    StorageUnavailable,
    Unauthenticated,
)
from app.chat.identifiers import MESSAGE, to_text
from tests.api.failing_ports import FOLLOW, UNKNOWN, Edges, extensions, serving_failures

ACTIVE = UUID(int=7)
AGAIN = CloseCode.TRY_AGAIN_LATER
NOT_ASKED_AGAIN = {"x-should-retry": "false"}
SERVER, REQUEST = "server_error", "invalid_request_error"
TOLD_BY_HEADERS = ("retry-after", "www-authenticate", "x-should-retry")


@dataclass(frozen=True)
class Told:
    """What an error is on the wire.

    Args:
        extensions: GraphQL's beside the code.
        status: of HTTP where nothing else could be answered.
        kind, code, param: in OpenAI's body. EGP has the same code.
        close: of a WebSocket whose caller it befalls.
        egp_status: None where it is the same.
        headers: those of TOLD_BY_HEADERS, and no others of them.
    """

    status: int
    kind: str
    code: str
    param: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    close: CloseCode = AGAIN
    egp_status: int | None = None


RETRYABLE = {"retryable": True}

TABLE: list[tuple[ChatError, Told]] = [
    (
        BadInput("top_p", "is too high"),
        Told(400, REQUEST, "invalid_value", "top_p", extensions={"field": "topP"}, egp_status=422),
    ),
    (NotFound("message"), Told(404, REQUEST, "not_found")),
    (ModelNotFound("gpt"), Told(404, REQUEST, "model_not_found", "model")),
    (ConversationBusy(None), Told(409, REQUEST, "CONVERSATION_BUSY")),
    (
        ConversationBusy(ACTIVE),
        Told(409, REQUEST, "CONVERSATION_BUSY", extensions={"activeMessageId": to_text(MESSAGE, ACTIVE)}),
    ),
    (CompletionContinued(), Told(409, REQUEST, "COMPLETION_CONTINUED")),
    (IdempotencyConflict(), Told(422, REQUEST, "IDEMPOTENCY_CONFLICT")),
    (
        Unauthenticated(),
        Told(
            401,
            "authentication_error",
            "invalid_api_key",
            headers={"www-authenticate": "Bearer"},
            close=CloseCode.FORBIDDEN,
        ),
    ),
    (
        RateLimited("too much", 41.2),
        Told(
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            extensions={**RETRYABLE, "retryAfterSeconds": 42},
            headers={"retry-after": "42"},
        ),
    ),
    (StorageUnavailable(), Told(503, SERVER, "STORAGE_UNAVAILABLE", extensions=RETRYABLE)),
    (ShuttingDown(), Told(503, SERVER, "SHUTTING_DOWN", extensions=RETRYABLE)),
]
"""Without BackendFailed, which no port of the domain's raises but the backend itself: see FAULTS."""

FAULTS: dict[BackendFault, tuple[int, str]] = {
    BackendFault.REFUSED: (400, REQUEST),
    BackendFault.UNKNOWN_MODEL: (404, REQUEST),
    BackendFault.LIMITED: (429, "rate_limit_error"),
    BackendFault.UNAVAILABLE: (502, SERVER),
    BackendFault.SILENT: (504, SERVER),
}

EVERY_ROW = pytest.mark.parametrize(("error", "told"), TABLE, ids=lambda each: type(each).__name__)


@pytest.fixture(scope="module")
async def edges() -> AsyncGenerator[Edges]:
    async with serving_failures() as edges:
        yield edges


def test_there_is_a_row_for_every_error_and_every_code_that_the_domain_has() -> None:
    errors = {type(error) for error, _ in TABLE}
    assert errors | {BackendFailed} == {
        each for each in ChatError.__subclasses__() if each.__module__ == "app.chat.errors"
    }
    assert {each.code for each in errors} | {Code.INTERNAL} == set(Code) == set(HTTP_STATUS)
    assert set(FAULTS) == set(BackendFault)


@EVERY_ROW
def test_the_table_of_statuses_is_what_openais_clients_get(error: ChatError, told: Told) -> None:
    assert HTTP_STATUS[error.code] == told.status


@EVERY_ROW
async def test_an_operation_of_graphql_tells_it_by_its_code(edges: Edges, error: ChatError, told: Told) -> None:
    expected = {"code": error.code.value, **told.extensions}
    edges.fails_by(error)
    answer = await edges.graphql()
    assert (answer.status_code, extensions(answer)) == (200, expected)
    next_ = await edges.over_websocket("{ models { id } }")
    assert (next_["type"], [each["extensions"] for each in next_["payload"]["errors"]]) == ("next", [expected])
    refused = await edges.over_websocket(FOLLOW)
    assert (refused["type"], [each["extensions"] for each in refused["payload"]]) == ("error", [expected])
    event, end, _ = (await edges.events(FOLLOW)).removeprefix(":\n\n").split("\n\n")
    told_once = json.loads(event.removeprefix("event: next\ndata: "))
    assert [each["extensions"] for each in told_once["errors"]] == [expected]
    assert end.startswith("event: complete\n")


@EVERY_ROW
async def test_a_caller_of_graphql_whom_it_befalls_has_a_status_and_the_same_code(
    edges: Edges, error: ChatError, told: Told
) -> None:
    edges.fails_by(error)
    answer = await edges.graphql(headers=UNKNOWN)
    assert (answer.status_code, extensions(answer)) == (told.status, {"code": error.code.value, **told.extensions})
    assert told_by_headers(answer) == told.headers
    assert (await edges.closing())[0] == told.close


@EVERY_ROW
@pytest.mark.parametrize("stream", [False, True])
async def test_clients_of_openai_get_a_status_and_an_error_of_its_shape(
    edges: Edges, error: ChatError, told: Told, stream: bool
) -> None:
    edges.fails_by(error)
    for headers in (None, UNKNOWN):
        answer = await edges.openai(headers, stream=stream)
        body = answer.json()["error"]
        assert body.pop("message") == openai_error(error).message
        assert answer.status_code == told.status
        assert body == {"type": told.kind, "param": told.param, "code": told.code}
        assert told_by_headers(answer) == told.headers


@EVERY_ROW
@pytest.mark.parametrize("stream", [False, True])
async def test_clients_of_egp_get_the_same_in_its_shape(
    edges: Edges, error: ChatError, told: Told, stream: bool
) -> None:
    edges.fails_by(error)
    for headers in (None, UNKNOWN):
        answer = await edges.egp(headers, stream=stream)
        assert answer.status_code == (told.egp_status or told.status)
        assert answer.json() == {"detail": egp_error(error).detail, "code": told.code}
        assert told_by_headers(answer) == told.headers


@pytest.mark.parametrize("fault", BackendFault)
@pytest.mark.parametrize(
    ("again", "after_seconds", "headers"),
    [(False, None, NOT_ASKED_AGAIN), (True, None, {}), (True, 1.2, {"retry-after": "2"})],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_backend_that_fails_is_told_by_what_kept_it_from_answering(
    edges: Edges, fault: BackendFault, again: bool, after_seconds: float | None, headers: dict[str, str], stream: bool
) -> None:
    edges.fails_by(BackendFailed("its_own", "no room", retryable=again, fault=fault, retry_after_seconds=after_seconds))
    status, kind = FAULTS[fault]
    openai, egp = await edges.openai(stream=stream), await edges.egp(stream=stream)
    assert (openai.status_code, egp.status_code) == (status, status)
    assert openai.json()["error"] == {"message": "no room", "type": kind, "param": None, "code": "its_own"}
    assert egp.json() == {"detail": "no room", "code": "its_own"}
    assert told_by_headers(openai) == told_by_headers(egp) == headers


def told_by_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in TOLD_BY_HEADERS if name in answer.headers}
