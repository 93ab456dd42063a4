"""Keys in the real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chat.errors import BadInput
from app.chat.keys import MAX_KEY_NAME_CHARACTERS, KeyNameTaken, NoSuchKey, digest, new_key, new_secret
from tests.any_text import CHARACTERS, UNSTORABLE
from tests.stored_keys import CountedKeys, made, stored_keys


@pytest.fixture
async def keys(database_url: str) -> AsyncGenerator[CountedKeys]:
    async with stored_keys(database_url) as keys:
        yield keys


async def everything(url: str) -> str:
    """The table as text."""
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetch("SELECT keys::text FROM keys"))
    finally:
        await connection.close()


async def test_a_key_is_found_by_its_digest_as_it_was_made(keys: CountedKeys) -> None:
    key, secret = new_key("laptop é 😀", "team"), new_secret()
    await keys.create(key, digest(secret))
    found = await keys.find(digest(secret))
    assert found
    assert (found.id, found.name, found.owner) == (key.id, "laptop é 😀", "team")
    assert abs(found.created_at - key.created_at) < timedelta(milliseconds=1)
    assert await keys.find(digest(new_secret())) is None


async def test_the_key_itself_is_nowhere_in_the_table(keys: CountedKeys, database_url: str) -> None:
    secret = await made(keys, "laptop")
    rows = await everything(database_url)
    assert digest(secret).hex() in rows
    assert secret not in rows
    assert secret.removeprefix("parley_") not in rows
    assert secret.encode().hex() not in rows


async def test_a_name_in_use_is_taken_and_free_again_once_its_key_is_revoked(keys: CountedKeys) -> None:
    first = await made(keys, "laptop")
    with pytest.raises(KeyNameTaken, match="'laptop'"):
        await made(keys, "laptop")
    await keys.revoke("laptop")
    second = await made(keys, "laptop")
    assert await keys.find(digest(first)) is None
    assert await keys.find(digest(second))
    assert [each.revoked_at is None for each in await keys.list()] == [False, True]


@pytest.mark.parametrize("name", UNSTORABLE, ids=ascii)
async def test_a_name_that_no_key_can_have_is_no_keys(keys: CountedKeys, name: str) -> None:
    with pytest.raises(BadInput, match="name"):
        new_key(name)
    with pytest.raises(BadInput, match="owner"):
        new_key("laptop", name)
    with pytest.raises(NoSuchKey):
        await keys.revoke(name)


async def test_any_name_that_prints_is_kept_as_it_is_and_no_other_is_taken(keys: CountedKeys) -> None:
    names = []

    @settings(max_examples=100, derandomize=True, database=None)
    @given(st.text(CHARACTERS, max_size=MAX_KEY_NAME_CHARACTERS))
    def collect(name: str) -> None:
        try:
            names.append(new_key(name, name).name)
        except BadInput:
            assert not name.strip() or not name.isprintable()

    collect()
    longest = "🦜" * MAX_KEY_NAME_CHARACTERS
    with pytest.raises(BadInput, match="the most is 100"):
        new_key(longest + "🦜")
    kept = sorted({*names, longest, "e\u0301", "é"})
    for name in kept:
        await made(keys, name, name)
    listed = await keys.list()
    assert [(each.name, each.owner) for each in listed] == [(name, name) for name in kept]
    assert [(await keys.revoke(name)).name for name in kept] == kept


async def test_there_is_a_key_until_the_last_is_revoked(keys: CountedKeys) -> None:
    assert not await keys.any()
    await made(keys, "a")
    await made(keys, "b")
    await keys.revoke("a")
    assert await keys.any()
    revoked = await keys.revoke("b")
    assert revoked.revoked_at
    assert not await keys.any()


@pytest.mark.parametrize("name", ["b", "", "a'; DROP TABLE keys; --"])
async def test_what_is_not_there_cannot_be_revoked(keys: CountedKeys, name: str) -> None:
    await made(keys, "a")
    with pytest.raises(NoSuchKey):
        await keys.revoke(name)
    await keys.revoke("a")
    with pytest.raises(NoSuchKey):
        await keys.revoke("a")


async def test_it_is_noted_when_a_key_was_last_used_but_not_each_time(keys: CountedKeys, database_url: str) -> None:
    secret = await made(keys, "a")
    assert (await keys.list())[0].last_used_at is None
    await keys.find(digest(secret))
    first = (await keys.list())[0].last_used_at
    assert first
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
    await keys.find(digest(secret))
    assert (await keys.list())[0].last_used_at == first
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE keys SET last_used_at = last_used_at - interval '2 minutes'")
    await connection.close()
    await keys.find(digest(secret))
    last = (await keys.list())[0].last_used_at
    assert last
    assert last >= first
