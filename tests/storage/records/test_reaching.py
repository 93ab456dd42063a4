"""Statements that PostgreSQL rolls back through no fault of their own."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from app.chat.errors import StorageUnavailable
from app.storage.client import Database
from app.storage.reaching import run_again


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url) as database:
        yield database


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_what_is_rolled_back_every_time_can_be_asked_for_again(database: Database, code: str) -> None:
    attempts = []

    async def roll_back() -> None:
        attempts.append(code)
        await database.rows(f"DO $$ BEGIN RAISE EXCEPTION 'rolled back' USING ERRCODE = '{code}'; END $$")

    with pytest.raises(StorageUnavailable, match="busy"):
        await run_again(roll_back)
    assert len(attempts) == 3


async def test_what_is_refused_is_not_run_again(database: Database) -> None:
    attempts = []

    async def fail() -> None:
        attempts.append(1)
        await database.rows("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '22012'; END $$")

    with pytest.raises(asyncpg.PostgresError):
        await run_again(fail)
    assert len(attempts) == 1
