from __future__ import annotations

from typing import Any

import pytest

from app.api.graphql.request import BadRequest, RequestParameters, read_request

AUTOMATIC = {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}


@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        ({"query": "{ a }"}, RequestParameters("{ a }")),
        ({"query": "{ a }", "documentId": "b"}, RequestParameters("{ a }", document_id="b")),
        ({"documentId": "b"}, RequestParameters(None, document_id="b")),
        ({"query": None, "documentId": "b"}, RequestParameters(None, document_id="b")),
        ({"query": "", "documentId": "b"}, RequestParameters(None, document_id="b")),
        ({"extensions": AUTOMATIC}, RequestParameters(None, extensions=AUTOMATIC)),
        ({"query": "", "extensions": AUTOMATIC}, RequestParameters(None, extensions=AUTOMATIC)),
        ({"query": "{ a }", "extensions": {"other": 1}}, RequestParameters("{ a }", extensions={"other": 1})),
        (
            {"documentId": "b", "variables": {"c": 1}, "operationName": "D", "unknown": 1},
            RequestParameters(None, {"c": 1}, "D", document_id="b"),
        ),
    ],
)
def test_a_document_is_sent_or_named(parameters: Any, read: RequestParameters) -> None:
    assert read_request(parameters) == read


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": None},
        {"query": ""},
        {"query": 1},
        {"query": 0, "documentId": "b"},
        {"query": [], "documentId": "b"},
        {"query": False, "extensions": AUTOMATIC},
        {"documentId": None},
        {"documentId": ""},
        {"extensions": {}},
        {"extensions": {"other": 1}},
        {"extensions": {"persistedQuery": None}},
        {"id": "b"},
    ],
)
def test_neither_is_refused_in_the_words_of_before(parameters: Any) -> None:
    with pytest.raises(BadRequest, match=r"^`query` must be a string that is not empty$"):
        read_request(parameters)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ([], "A GraphQL request is a JSON object; batches are not taken"),
        ({"documentId": 1}, "`documentId` must be a string or null"),
        ({"query": "{ a }", "documentId": ["b"]}, "`documentId` must be a string or null"),
        ({"documentId": "b", "variables": []}, "`variables` must be an object or null"),
        ({"documentId": "b", "extensions": "x"}, "`extensions` must be an object or null"),
        ({"documentId": "b", "operationName": 1}, "`operationName` must be a string or null"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_named(parameters: Any, problem: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_request(parameters)
    assert str(refused.value) == problem
