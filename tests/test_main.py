"""Whom a server lets in, by where it listens and what it was told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from app.main import Parley, wants_keys
from app.settings import Settings, SettingsError
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
