"""Keys are asked for seldom, and revoked ones noticed soon: with the real database, and a clock of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.chat import key_verification
from app.chat.errors import StorageUnavailable, Unauthenticated
from app.chat.key_verification import HOLDS_SECONDS, KeyVerifier
from app.chat.keys import new_secret
from tests.chat.shaky_postgres import ShakyPostgres
from tests.stored_keys import CountedKeys, made, stored_keys


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def keys(database_url: str) -> AsyncGenerator[CountedKeys]:
    async with stored_keys(database_url) as keys:
        yield keys


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(keys: CountedKeys, clock: Clock) -> KeyVerifier:
    return KeyVerifier(keys, clock=clock)


async def test_a_key_is_looked_up_once_in_ten_seconds(verifier: KeyVerifier, keys: CountedKeys, clock: Clock) -> None:
    secret = await made(keys, "one", "me")
    began = clock.now
    for _ in range(5):
        verified = await verifier.verify(secret)
        assert (verified.key.owner, verified.until) == ("me", began + HOLDS_SECONDS)
        clock.now += HOLDS_SECONDS / 5 - 0.001
    assert keys.asked == 1
    clock.now = began + HOLDS_SECONDS
    await verifier.verify(secret)
    assert keys.asked == 2


async def test_a_revoked_key_opens_nothing_ten_seconds_later(
    verifier: KeyVerifier, keys: CountedKeys, clock: Clock
) -> None:
    secret = await made(keys, "one")
    await verifier.verify(secret)
    await keys.revoke("one")
    clock.now += HOLDS_SECONDS
    with pytest.raises(Unauthenticated):
        await verifier.verify(secret)


async def test_all_who_come_at_once_wait_for_one_look_up(verifier: KeyVerifier, keys: CountedKeys) -> None:
    secret = await made(keys, "one")
    verified = await asyncio.gather(*(verifier.verify(secret) for _ in range(50)))
    assert len({each.key.id for each in verified}) == 1
    assert keys.asked == 1


async def test_one_who_goes_takes_the_answer_from_nobody(verifier: KeyVerifier, keys: CountedKeys) -> None:
    secret = await made(keys, "one")
    first, second = (asyncio.create_task(verifier.verify(secret)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).key.name == "one"
    assert keys.asked == 1


async def test_an_unknown_key_is_looked_up_once_too(verifier: KeyVerifier, keys: CountedKeys) -> None:
    secret = new_secret()
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await verifier.verify(secret)
    assert keys.asked == 1


@pytest.mark.parametrize("secret", ["", "sk-1234", "parley_", "parley_" + "a" * 58, "\ud800"])
async def test_what_is_no_key_is_not_looked_up(verifier: KeyVerifier, keys: CountedKeys, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(secret)
    assert keys.asked == 0


async def test_who_tries_many_keys_fills_no_memory(
    verifier: KeyVerifier, keys: CountedKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_verification, "MAX_REMEMBERED_KEYS", 3)
    secrets = [new_secret() for _ in range(5)]
    for secret in [*secrets, secrets[-1], secrets[0]]:
        with pytest.raises(Unauthenticated):
            await verifier.verify(secret)
    assert keys.asked == 6, "the last is remembered, the first is not"


async def test_while_the_database_is_away_known_keys_go_on_and_others_are_told_to_come_again(
    tmp_path: Path, clock: Clock
) -> None:
    async with ShakyPostgres(tmp_path / "data") as postgres, stored_keys(postgres.url) as keys:
        verifier = KeyVerifier(keys, clock=clock)
        known, other = await made(keys, "one"), await made(keys, "two")
        await verifier.verify(known)
        await postgres.stop()
        assert (await verifier.verify(known)).key.name == "one"
        with pytest.raises(StorageUnavailable):
            await verifier.verify(other)
        clock.now += HOLDS_SECONDS
        with pytest.raises(StorageUnavailable):
            await verifier.verify(known)
        await postgres.start()
        assert (await verifier.verify(known)).key.name == "one"
        assert (await verifier.verify(other)).key.name == "two"
