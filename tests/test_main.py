"""What a server makes of its settings: whom it lets in, and which GraphQL documents it serves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import Parley, listed_documents, wants_keys
from app.settings import Settings, SettingsError
from tests.serving import serving
from tests.stored_keys import made, stored_keys


def starting(database_url: str, **settings: Any) -> Parley:
    """All but the socket."""
    given = {**Settings.model_construct().model_dump(), "config": Path(os.devnull), **settings}
    return Parley(Settings.model_construct(**given), database_url)


@pytest.mark.parametrize(
    ("auth", "host", "wanted"),
    [
        ("auto", "127.0.0.1", False),
        ("auto", "::1", False),
        ("auto", "0.0.0.0", True),
        ("auto", "::", True),
        ("auto", "192.0.2.1", True),
        ("keys", "127.0.0.1", True),
        ("keys", "0.0.0.0", True),
        ("open", "127.0.0.1", False),
        ("open", "0.0.0.0", False),
    ],
)
def test_keys_are_wanted_where_others_can_connect_unless_told_otherwise(auth: str, host: str, wanted: bool) -> None:
    given: dict[str, Any] = {"auth": auth, "host": host}
    assert wants_keys(Settings.model_construct(**given)) is wanted


async def test_a_server_that_others_can_reach_does_not_start_before_there_is_a_key(database_url: str) -> None:
    with pytest.raises(SettingsError, match=r"^PARLEY_HOST=0\.0\.0\.0 .*parley keys create.*PARLEY_AUTH=open$"):
        async with starting(database_url, host="0.0.0.0"):
            pass
    async with stored_keys(database_url) as keys:
        await made(keys, "first")
        async with starting(database_url, host="0.0.0.0"):
            pass
        await keys.revoke("first")
    with pytest.raises(SettingsError):
        async with starting(database_url, host="0.0.0.0"):
            pass


async def test_one_that_was_told_to_want_keys_starts_and_lets_nobody_in_until_there_is_one(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with starting(database_url, auth="keys"):
        pass
    assert "parley keys create" in caplog.text


async def test_an_open_one_asks_for_none(database_url: str) -> None:
    async with starting(database_url, auth="open", host="0.0.0.0"):
        pass


def listing(folder: Path, documents: object) -> Path:
    path = folder / "documents.json"
    path.write_text(json.dumps(documents))
    return path


@pytest.mark.parametrize(
    ("documents", "problem"),
    [
        (
            {"a": "{ models { id } }", "b": "{ nothing }"},
            "document \"b\": Cannot query field 'nothing' on type 'Query'.",
        ),
        ([], "must be a JSON object"),
    ],
)
def test_a_list_of_documents_that_cannot_be_served_is_refused_by_file_and_id(
    tmp_path: Path, documents: object, problem: str
) -> None:
    path = listing(tmp_path, documents)
    with pytest.raises(SettingsError) as refused:
        listed_documents(Settings.model_construct(documents=path))
    assert str(refused.value) == f"PARLEY_DOCUMENTS={path}: {problem}"


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^PARLEY_DOCUMENTS=.*nothing\.json: cannot be read: No such file"):
        listed_documents(Settings.model_construct(documents=tmp_path / "nothing.json"))
    (tmp_path / "documents.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(SettingsError, match=r"^PARLEY_DOCUMENTS=.*documents\.json: is not UTF-8$"):
        listed_documents(Settings.model_construct(documents=tmp_path / "documents.json"))


def test_to_serve_only_what_is_listed_there_has_to_be_a_list() -> None:
    with pytest.raises(SettingsError, match=r"^PARLEY_DOCUMENTS_ONLY=true: PARLEY_DOCUMENTS has to name "):
        listed_documents(Settings.model_construct(documents_only=True))


async def test_a_server_serves_the_documents_that_it_is_told_to_and_tells_its_schema_if_it_may(
    database_url: str, tmp_path: Path
) -> None:
    path = listing(tmp_path, {"models": "{ models { id } }", "schema": "{ __schema { queryType { name } } }"})
    settings: dict[str, Any] = {"documents": path, "documents_only": True, "introspection": False}
    async with serving(database_url, **settings) as served, httpx.AsyncClient() as client:

        async def ask(**sent: str) -> Any:
            return (await client.post(served.graphql_url, json=sent)).json()

        assert (await ask(documentId="models"))["data"]["models"]
        for sent, code in (
            ({"query": "{ __typename }"}, "PERSISTED_QUERY_NOT_IN_LIST"),
            ({"documentId": "schema"}, "INTROSPECTION_DISABLED"),
        ):
            assert (await ask(**sent))["errors"][0]["extensions"]["code"] == code
