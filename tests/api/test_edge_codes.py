"""The codes that the edges have beside the domain's: each has one meaning, and one status, wherever it comes from."""

from __future__ import annotations

import ast
import importlib
from collections.abc import AsyncGenerator, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from app.api.graphql import errors as graphql_errors
from app.api.graphql.limits import MAX_ALIASES
from app.chat.errors import Code
from tests.api.failing_ports import Edges, extensions, serving_failures

ROOT = Path(__file__).parents[2]
REST = ROOT / "app/api/rest"

GRAPHQL: dict[str, str] = {
    "GRAPHQL_PARSE_FAILED": "{",
    "GRAPHQL_VALIDATION_FAILED": "{ nothing }",
    "QUERY_TOO_COMPLEX": "{ " + " ".join(f"a{each}: models {{ id }}" for each in range(MAX_ALIASES + 1)) + " }",
    "BAD_USER_INPUT": "query Q($id: ID!) { message(id: $id) { id } }",
}
"""By a request that has it as its answer, and runs nothing."""

GRAPHQL_ELSEWHERE = {"PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_IN_LIST", "INTROSPECTION_DISABLED"}
"""Which depend on how a server is set up, and are tested with that."""

OPENAI: dict[str, set[int]] = {
    "invalid_value": {400},
    "invalid_json": {400},
    "missing_required_parameter": {400},
    "unsupported_parameter": {400},
    "invalid_api_key": {401},
    "not_found": {404},
    "model_not_found": {404},
    "log_trimmed": {410},
    "request_too_large": {413},
    "rate_limit_exceeded": {429},
    "INTERNAL": {500},
    "INTERRUPTED": {503},
}
EGP: dict[str, set[int]] = {"invalid_value": {422}, "unsupported_parameter": {400}}
"""What else EGP's endpoint has is OpenAI's."""


@pytest.fixture(scope="module")
async def edges() -> AsyncGenerator[Edges]:
    async with serving_failures() as edges:
        yield edges


def test_every_code_of_graphqls_own_has_a_row() -> None:
    codes = {
        value for value in vars(graphql_errors).values() if isinstance(value, str) and value.isupper() and "_" in value
    }
    assert "QUERY_TOO_COMPLEX" in codes, "where else are they?"
    assert codes <= GRAPHQL.keys() | GRAPHQL_ELSEWHERE


@pytest.mark.parametrize(("code", "query"), GRAPHQL.items(), ids=GRAPHQL)
async def test_a_request_that_is_wrong_has_the_same_code_over_every_transport(
    edges: Edges, code: str, query: str
) -> None:
    plain, own = await edges.graphql(query), await edges.graphql(query, {"accept": "application/graphql-response+json"})
    assert (plain.status_code, own.status_code) == (200, 400)
    refused = await edges.over_websocket(query)
    assert refused["type"] == "error"
    (told,) = refused["payload"]
    for each in (extensions(plain), extensions(own), told["extensions"]):
        assert each["code"] == code
    assert f'"code":"{code}"' in (await edges.events(query)).replace(" ", "")


@pytest.mark.parametrize(("kind", "table"), [("OpenAIError", OPENAI), ("EgpError", EGP)])
def test_every_code_of_rests_own_has_one_status_wherever_it_is_made(kind: str, table: dict[str, set[int]]) -> None:
    made: dict[str, set[int]] = {}
    for status, code in codes_made(kind):
        made.setdefault(code, set()).add(status)
    assert made == table


def test_no_code_means_something_else_on_another_edge() -> None:
    """The domain's are in capitals, and REST's own, which are OpenAI's, are not."""
    assert {code for code in OPENAI if code.isupper()} <= {*Code, "INTERRUPTED"}
    assert not {code.upper() for code in OPENAI if code.islower()} & (set(Code) - {"NOT_FOUND", "MODEL_NOT_FOUND"})


def codes_made(kind: str) -> Iterator[tuple[int, str]]:
    """Status and code of each such error that the REST edge makes, where both stand there."""
    for path in sorted(REST.rglob("*.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == kind:
                status, _, code = (value_of(each, vars(module)) for each in (*call.args, None, None)[:3])
                if isinstance(code, str) and isinstance(status, int):
                    yield HTTPStatus(status), code


def value_of(expression: ast.expr | None, names: dict[str, object]) -> object:
    """Of a constant, a name of the module's, or an attribute of one; None of anything else."""
    match expression:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=owner, attr=name):
            return getattr(value_of(owner, names), name, None)
    return None
