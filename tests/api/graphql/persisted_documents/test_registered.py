from __future__ import annotations

import pytest

from app.api.graphql.limits import (
    MAX_REGISTERED_DOCUMENT_BYTES,
    MAX_REGISTERED_DOCUMENTS,
    MAX_REGISTERED_DOCUMENTS_BYTES,
)
from app.api.graphql.persisted_documents.registered import RegisteredDocuments


@pytest.fixture
def registered() -> RegisteredDocuments:
    return RegisteredDocuments()


def test_what_was_registered_is_found_and_nothing_else(registered: RegisteredDocuments) -> None:
    registered.add("a", "{ é 😀 }")
    assert (registered.get("a"), registered.get("b")) == ("{ é 😀 }", None)


def test_there_is_room_for_so_many_and_the_one_that_was_used_longest_ago_goes_first(
    registered: RegisteredDocuments,
) -> None:
    for each in range(MAX_REGISTERED_DOCUMENTS):
        registered.add(str(each), "{ a }")
    assert registered.get("0")
    registered.add("one more", "{ a }")
    assert (registered.get("0"), registered.get("1"), registered.get("2")) == ("{ a }", None, "{ a }")
    assert len(registered) == MAX_REGISTERED_DOCUMENTS


def test_there_is_room_for_so_many_bytes_however_few_documents_they_are(registered: RegisteredDocuments) -> None:
    longest = "é" * (MAX_REGISTERED_DOCUMENT_BYTES // 2)
    fit = MAX_REGISTERED_DOCUMENTS_BYTES // MAX_REGISTERED_DOCUMENT_BYTES
    for each in range(fit + 3):
        registered.add(str(each), longest)
    assert len(registered) == fit < MAX_REGISTERED_DOCUMENTS
    assert (registered.get("2"), registered.get("3")) == (None, longest)


def test_one_that_is_too_long_is_not_kept_and_drives_out_no_other(registered: RegisteredDocuments) -> None:
    registered.add("a", "{ a }")
    registered.add("b", "é" * (MAX_REGISTERED_DOCUMENT_BYTES // 2) + "x")
    assert (registered.get("a"), registered.get("b")) == ("{ a }", None)


def test_one_that_is_sent_again_takes_no_more_room(registered: RegisteredDocuments) -> None:
    longest = "x" * MAX_REGISTERED_DOCUMENT_BYTES
    registered.add("a", "{ a }")
    for _ in range(2 * MAX_REGISTERED_DOCUMENTS_BYTES // MAX_REGISTERED_DOCUMENT_BYTES):
        registered.add("b", longest)
    assert registered.get("a") == "{ a }"
