"""Every error that is mapped, by what causes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.storage.errors import (
    DatabaseUnavailableError,
    OutcomeUnknownError,
    StorageUnavailableError,
    database_unavailable,
)


async def test_unique_violation_names_the_fields(db: Any, every_type: Any) -> None:
    await db.user.create(data={"email": "a"})
    with pytest.raises(every_type.errors.UniqueViolationError) as caught:
        await db.user.create(data={"email": "a"})
    assert caught.value.code == "P2002"
    assert caught.value.meta["target"] == ["email"]
    with pytest.raises(every_type.errors.UniqueViolationError):
        await db.user.create_many(data=[{"email": "b"}, {"email": "b"}])
    await db.user.create(data={"email": "b"})
    with pytest.raises(every_type.errors.UniqueViolationError):
        await db.user.update(where={"email": "b"}, data={"email": "a"})


async def test_foreign_key_violation(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.ForeignKeyViolationError) as caught:
        await db.profile.create(data={"bio": "", "user_id": 99})
    assert caught.value.code == "P2003"


async def test_connecting_what_is_not_there(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.RecordNotFoundError) as caught:
        await db.post.create(data={"title": "one", "author": {"connect": {"id": 99}}})
    assert caught.value.code == "P2025"
    assert await db.post.count() == 0


async def test_missing_required_value(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.MissingRequiredValueError):
        await db.user.create(data={})
    with pytest.raises(every_type.errors.MissingRequiredValueError):
        await db.user.create(data={"email": None})


async def test_field_that_does_not_exist(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.FieldNotFoundError, match="colour"):
        await db.user.create(data={"email": "a", "colour": "red"})
    with pytest.raises(every_type.errors.FieldNotFoundError, match="colour"):
        await db.user.find_first(where={"colour": "red"})


async def test_table_that_does_not_exist(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.TableNotFoundError) as caught:
        await db.missing.find_first()
    assert caught.value.code == "P2021"
    assert "nowhere" in str(caught.value)


async def test_input_that_makes_no_sense(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.DataError):
        await db.user.group_by(by=[])
    with pytest.raises(every_type.errors.InputError):
        await db._internal_engine.query(
            '{"variables": {}, "operation_name": "query", "query": "query { result: groupByUser(by: []) { id } }"}',
            tx_id=None,
        )


@pytest.mark.parametrize(
    "data",
    [
        {"short": "more than ten characters"},
        {"small": 2**15},
        {"integer": 2**31},
        {"big": 2**63},
        {"uuid": "no uuid"},
        {"money": "123456789.99"},
        {"color": "MAUVE"},
        {"integer": "a string"},
        {"moment": "no date"},
        {"raw_bytes": "%%%"},
    ],
    ids=str,
)
async def test_value_that_does_not_fit_is_refused(db: Any, every_type: Any, data: dict[str, Any]) -> None:
    with pytest.raises(every_type.errors.DataError):
        await db.scalars.create(data=data)
    assert await db.scalars.count() == 0


async def test_raw_query_error_has_the_code_of_postgresql(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.RawQueryError) as caught:
        await db.query_raw("SELECT * FROM nonexistent")
    assert caught.value.meta["code"] == "42P01"
    with pytest.raises(every_type.errors.RawQueryError) as caught:
        await db.execute_raw('INSERT INTO "User" (email) VALUES ($1), ($1)', "a")
    assert caught.value.meta["code"] == "23505"


async def test_lock_timeout_is_an_error_and_not_an_outage(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.PrismaError) as caught:
        async with db.tx(timeout=timedelta(seconds=5)) as tx:
            await tx.execute_raw("SET LOCAL statement_timeout = '50ms'")
            await tx.query_raw("SELECT 1 FROM pg_sleep(2)")
    assert "statement timeout" in str(caught.value)
    assert not isinstance(caught.value, StorageUnavailableError)


def engine_error(code: str, message: str = "", **more: Any) -> list[dict[str, Any]]:
    return [{"error": message, "user_facing_error": {"error_code": code, "message": message, **more}}]


def test_fault_of_the_request_is_no_outage() -> None:
    assert database_unavailable(engine_error("P2002"), repeatable=False) is None
    assert database_unavailable([{"error": "something else"}], repeatable=False) is None
    raw = engine_error("P2010", meta={"code": "42P01", "message": "Server has closed the connection."})
    assert database_unavailable(raw, repeatable=False) is None


@pytest.mark.parametrize("code", ["P1001", "P1002", "P1008", "P1011", "P2024", "P2037"])
def test_outage_keeps_its_code(code: str) -> None:
    error = database_unavailable(engine_error(code, "away"), repeatable=False)
    assert isinstance(error, DatabaseUnavailableError)
    assert (error.code, str(error)) == (code, "away")


def test_connection_closed_during_a_write_leaves_its_outcome_unknown() -> None:
    for errors in (
        engine_error("P1017"),
        engine_error("P2010", meta={"code": "N/A", "message": "Server has closed the connection."}),
    ):
        assert isinstance(database_unavailable(errors, repeatable=False), OutcomeUnknownError)
        read = database_unavailable(errors, repeatable=True)
        assert isinstance(read, DatabaseUnavailableError)
        assert read.code == "P1017"


def test_panic_leaves_the_outcome_unknown() -> None:
    errors = engine_error("P2002", "unreachable", is_panic=True)
    assert isinstance(database_unavailable(errors, repeatable=True), OutcomeUnknownError)
