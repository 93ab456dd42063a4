"""Documents whose fields take too long to be merged are refused before that is tried to its end."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from app.api.graphql.documents import CheckedDocument, _check
from app.api.graphql.schema import schema

MOST_CALLS = 450_000
"""Of functions, for a document of as many tokens as there may be: what it takes to look at each of them once."""

CHAINED = [f"fragment F{each} on Query {{ models {{ id }} ...F{each + 1} }}" for each in range(150)]


def clique(fragments: int, fields: str, type: str = "Query") -> str:
    """Fragments, each of which spreads all that come after it."""
    spreads = (" ".join(f"...F{after}" for after in range(each + 1, fragments)) for each in range(fragments))
    return " ".join(f"fragment F{each} on {type} {{ {fields} {more} }}" for each, more in enumerate(spreads))


TOO_OFTEN = {
    "a field": "{ " + "__typename " * 1_990 + "}",
    "an object": "{ " + "models { id } " * 498 + "}",
    "with other arguments": "{ " + " ".join(f"node(id: {each}) {{ id }}" for each in range(220)) + " }",
    "with unknown arguments": "{ " + " ".join(f"models(a{each}: 1)" for each in range(320)) + " }",
    "on many levels": "{ " + "conversations { nodes { messages { nodes { siblings { id } } } } } " * 115 + "}",
    "in inline fragments": "{ " + "... { models { id } } " * 280 + "}",
    "in a chain of fragments": "{ ...F0 } " + " ".join(CHAINED) + " fragment F150 on Query { __typename }",
    "in a fragment that many operations spread": " ".join(f"query Q{each} {{ ...F }}" for each in range(100))
    + " fragment F on Query { "
    + "models { id } " * 250
    + "}",
}


def check(query: str) -> tuple[CheckedDocument, int]:
    """The document, and how many functions were called for it."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return _check(schema._schema, query, True), calls
    finally:
        sys.setprofile(before)


def codes(document: CheckedDocument) -> list[str]:
    return [(each.extensions or {})["code"] for each in document.errors]


@pytest.mark.parametrize("query", TOO_OFTEN.values(), ids=TOO_OFTEN.keys())
def test_what_is_selected_too_often_is_refused_in_words_and_soon(query: str) -> None:
    document, calls = check(query)
    assert codes(document) == ["QUERY_TOO_COMPLEX"]
    assert "selected too often" in document.errors[0].message
    assert calls < MOST_CALLS


TAKEN = {
    "a field": "{ " + "models { id } " * 40 + "}",
    "by components": "{ conversations { nodes { "
    + " ".join(f"...F{each}" for each in range(15))
    + " } } } "
    + " ".join(f"fragment F{each} on Conversation {{ id title createdAt updatedAt __typename }}" for each in range(15)),
    "by components within each other": "{ conversations { nodes { ...F0 } } } "
    + clique(9, "id title messages { nodes { id content } }", "Conversation"),
}


@pytest.mark.parametrize("query", TAKEN.values(), ids=TAKEN.keys())
def test_what_clients_of_many_components_select_is_taken(query: str) -> None:
    assert check(query)[0].errors == ()


def test_fields_that_cannot_be_merged_are_told_as_ever() -> None:
    document, _ = check("{ models { id } models: conversations { totalCount } }")
    assert codes(document) == ["GRAPHQL_VALIDATION_FAILED"]
    assert "Fields 'models' conflict" in document.errors[0].message


def test_of_many_conflicts_the_first_are_told() -> None:
    document, _ = check("{ " + " ".join(f"node(id: {each}) {{ id }}" for each in range(20)) + " }")
    assert set(codes(document)) == {"GRAPHQL_VALIDATION_FAILED"}
    assert len(document.errors) < 20 * 19 // 2
