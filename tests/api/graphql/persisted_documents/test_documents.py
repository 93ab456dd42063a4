from __future__ import annotations

from typing import Any

import pytest

from app.api.graphql.limits import MAX_DOCUMENT_CHARACTERS, MAX_REGISTERED_DOCUMENT_BYTES
from app.api.graphql.operation import Failed
from app.api.graphql.persisted_documents.documents import PersistedDocuments
from app.api.graphql.persisted_documents.identifier import hash_of
from app.api.graphql.request import GraphQLRequest, RequestParameters

MODELS = "query Models { models { id } }"
OTHER = "query Other { models { __typename } }"
NOT_FOUND = ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
NOT_IN_LIST = ("Only documents that this server lists are served", "PERSISTED_QUERY_NOT_IN_LIST")


def automatic(hash: Any, query: str | None = None, version: Any = 1) -> RequestParameters:
    return RequestParameters(query, extensions={"persistedQuery": {"version": version, "sha256Hash": hash}})


def named(id: str, query: str | None = None) -> RequestParameters:
    return RequestParameters(query, document_id=id)


def refusal(documents: PersistedDocuments, sent: RequestParameters) -> tuple[str, str]:
    with pytest.raises(Failed) as caught:
        documents.request(sent)
    (error,) = caught.value.errors
    return error["message"], error["extensions"]["code"]


def test_a_whole_document_is_run_as_it_is_with_all_that_came_with_it() -> None:
    sent = RequestParameters(MODELS, {"a": 1}, "Models")
    assert PersistedDocuments().request(sent) == GraphQLRequest(MODELS, {"a": 1}, "Models")


@pytest.mark.parametrize("sends", [lambda: automatic(hash_of(MODELS)), lambda: named(f"sha256:{hash_of(MODELS)}")])
def test_a_hash_is_known_once_the_whole_was_sent_with_it_in_either_form(sends: Any) -> None:
    for whole in (automatic(hash_of(MODELS), MODELS), named(f"sha256:{hash_of(MODELS)}", MODELS)):
        documents = PersistedDocuments()
        assert refusal(documents, sends()) == NOT_FOUND
        assert documents.request(whole).query == MODELS
        assert documents.request(sends()).query == MODELS


def test_a_document_that_was_sent_without_its_hash_is_not_kept() -> None:
    documents = PersistedDocuments()
    documents.request(RequestParameters(MODELS))
    assert refusal(documents, automatic(hash_of(MODELS))) == NOT_FOUND


def test_a_hash_of_another_document_is_refused_and_nothing_is_kept_under_it() -> None:
    documents = PersistedDocuments()
    wrong = automatic(hash_of(OTHER), MODELS)
    assert refusal(documents, wrong) == ("provided sha does not match query", "BAD_USER_INPUT")
    for each in (MODELS, OTHER):
        assert refusal(documents, automatic(hash_of(each))) == NOT_FOUND


@pytest.mark.parametrize("id", ["mine", f"sha256:{hash_of(OTHER)}", f"sha256:{hash_of(MODELS).upper()}"])
def test_an_id_that_is_not_that_of_the_document_beside_it_is_refused(id: str) -> None:
    documents = PersistedDocuments({"other": OTHER})
    message, code = refusal(documents, named(id, MODELS))
    assert ("`documentId`" in message, code) == (True, "BAD_USER_INPUT")


@pytest.mark.parametrize("query", ["{", "{ nothing }", "{ a" * 900, "{ models { id } } # \ud800"])
def test_what_could_not_be_run_is_left_to_be_refused_and_is_not_kept(query: str) -> None:
    documents = PersistedDocuments()
    assert documents.request(automatic(hash_of(query), query)).query == query
    assert refusal(documents, automatic(hash_of(query))) == NOT_FOUND


def test_one_that_is_too_long_to_run_is_refused_before_its_hash_is_looked_at() -> None:
    query = MODELS + " " * MAX_DOCUMENT_CHARACTERS
    assert refusal(PersistedDocuments(), automatic("not its hash", query))[1] == "QUERY_TOO_COMPLEX"


def test_one_that_is_too_long_to_keep_is_run() -> None:
    documents, query = PersistedDocuments(), MODELS + " " * MAX_REGISTERED_DOCUMENT_BYTES
    assert documents.request(automatic(hash_of(query), query)).query == query
    assert refusal(documents, automatic(hash_of(query))) == NOT_FOUND


@pytest.mark.parametrize("version", [2, 0, "1", None, True, 1.0])
def test_another_version_of_the_protocol_is_refused(version: Any) -> None:
    message, code = refusal(PersistedDocuments(), automatic(hash_of(MODELS), MODELS, version))
    assert (message.startswith("Unsupported persisted query version"), code) == (True, "BAD_USER_INPUT")


@pytest.mark.parametrize("extension", [1, "x", [], {}, {"version": 1}, {"version": 1, "sha256Hash": 5}])
def test_an_extension_that_is_not_of_the_protocol_is_refused(extension: Any) -> None:
    sent = RequestParameters(MODELS, extensions={"persistedQuery": extension})
    assert refusal(PersistedDocuments(), sent)[1] == "BAD_USER_INPUT"


@pytest.mark.parametrize("only", [False, True])
def test_a_listed_document_has_its_id_and_its_hash_for_names(only: bool) -> None:
    documents = PersistedDocuments({"5d41402abc4b2a76": MODELS, f"sha256:{hash_of(OTHER)}": OTHER}, only=only)
    for id in ("5d41402abc4b2a76", hash_of(MODELS)):
        assert documents.request(automatic(id)).query == MODELS
        assert documents.request(named(id)).query == MODELS
        assert documents.request(automatic(id, MODELS)).query == MODELS
    assert documents.request(named(f"sha256:{hash_of(OTHER)}")).query == OTHER
    assert documents.request(automatic(hash_of(OTHER))).query == OTHER


def test_a_document_id_comes_before_a_hash() -> None:
    documents = PersistedDocuments({"a": MODELS, "b": OTHER})
    sent = RequestParameters(None, extensions=automatic(hash_of(OTHER)).extensions, document_id="a")
    assert documents.request(sent).query == MODELS


def test_with_a_list_and_nothing_more_said_others_are_served_and_registered() -> None:
    documents = PersistedDocuments({"a": MODELS})
    assert documents.request(RequestParameters(OTHER)).query == OTHER
    assert documents.request(automatic(hash_of(OTHER), OTHER)).query == OTHER
    assert documents.request(automatic(hash_of(OTHER))).query == OTHER
    assert refusal(documents, named("b")) == NOT_FOUND


def test_where_only_listed_ones_are_served_a_listed_one_may_be_sent_whole_and_no_other_may() -> None:
    documents = PersistedDocuments({"a": MODELS}, only=True)
    assert documents.request(RequestParameters(MODELS)).query == MODELS
    refused = (RequestParameters(OTHER), RequestParameters(f"{MODELS}\n"), named("b"), named("a", OTHER))
    for sent in (*refused, automatic(hash_of(OTHER)), automatic(hash_of(OTHER), OTHER), automatic(hash_of(OTHER))):
        assert refusal(documents, sent) == NOT_IN_LIST


def test_where_only_listed_ones_are_served_a_listed_one_is_held_to_its_name() -> None:
    documents = PersistedDocuments({"a": MODELS, "b": OTHER}, only=True)
    assert refusal(documents, automatic(hash_of(OTHER), MODELS))[1] == "BAD_USER_INPUT"
    assert refusal(documents, named("b", MODELS))[1] == "BAD_USER_INPUT"
