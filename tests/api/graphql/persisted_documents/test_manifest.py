from __future__ import annotations

import json
from typing import Any

import pytest

from app.api.graphql.limits import MAX_DEPTH
from app.api.graphql.persisted_documents.identifier import hash_of
from app.api.graphql.persisted_documents.manifest import ManifestError, read_manifest

MODELS = "query Models { models { id } }"
STOP = "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { id } }"
TOO_DEEP = '{ message(id: "m") { ' + "parent { " * MAX_DEPTH + "id" + " }" * MAX_DEPTH + " } }"


def of_apollo(*operations: Any, **changed: Any) -> dict[str, Any]:
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": list(operations), **changed}


def operation(id: str, body: str) -> dict[str, Any]:
    return {"id": id, "name": "Any", "type": "query", "body": body}


@pytest.mark.parametrize(
    "manifest",
    [
        {"a": MODELS, "x-mine:b": STOP},
        of_apollo(operation("a", MODELS), operation("x-mine:b", STOP)),
    ],
)
def test_both_forms_list_documents_by_their_ids(manifest: Any) -> None:
    assert read_manifest(json.dumps(manifest)) == {"a": MODELS, "x-mine:b": STOP}


def test_an_id_that_is_said_to_be_a_hash_is_held_to_it() -> None:
    id = f"sha256:{hash_of(MODELS)}"
    assert read_manifest(json.dumps({id: MODELS})) == {id: MODELS}
    with pytest.raises(ManifestError, match=r'^document "sha256:[0-9a-f]{64}": its id is not the SHA-256 of its text$'):
        read_manifest(json.dumps({id: f"{MODELS}\n"}))


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        ([], "must be a JSON object"),
        ({"a": MODELS, "b": 1}, 'document "b": it must be a string'),
        ({"a": MODELS, "": MODELS}, 'document "": its id must be a string that is not empty'),
        ({"a": MODELS, "b": "{"}, 'document "b": Syntax Error: Expected Name, found <EOF>.'),
        ({"a\nb": "{ nothing }"}, "document \"a\\nb\": Cannot query field 'nothing' on type 'Query'."),
        ({"a": TOO_DEEP}, f'document "a": The query is {MAX_DEPTH + 2} levels deep, the most is {MAX_DEPTH}.'),
        (of_apollo(operation("a", "{ nothing }")), "document \"a\": Cannot query field 'nothing' on type 'Query'."),
        (of_apollo(operation("a", MODELS), operation("a", STOP)), 'document "a": another one has the same id'),
        (of_apollo({"body": MODELS}), "document null: its id must be a string that is not empty"),
        (of_apollo({"id": "a"}), 'document "a": it must be a string'),
        (of_apollo(1), "its operations must be a list of objects"),
        (of_apollo(operations=None), "its operations must be a list of objects"),
        (of_apollo(version=2), 'its format must be "apollo-persisted-query-manifest", version 1'),
        (of_apollo(format="other"), 'its format must be "apollo-persisted-query-manifest", version 1'),
    ],
)
def test_what_is_not_usable_is_said_in_one_line_with_the_id_of_the_document(manifest: Any, problem: str) -> None:
    with pytest.raises(ManifestError) as refused:
        read_manifest(json.dumps(manifest))
    assert str(refused.value) == problem


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_what_is_not_json_is_said_in_one_line(text: str) -> None:
    with pytest.raises(ManifestError, match=r"^is not JSON: [^\n]+$"):
        read_manifest(text)
