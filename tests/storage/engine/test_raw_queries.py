"""SQL written by hand, its parameters and its results."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel


@pytest.mark.parametrize(
    ("cast", "value", "back"),
    [
        ("text", "a\u2028b \" \\ ' ; -- $1", "a\u2028b \" \\ ' ; -- $1"),
        ("text", None, None),
        ("int", 42, 42),
        ("bigint", 2**53 + 1, 2**53 + 1),
        ("bigint", -(2**63), -(2**63)),
        ("float8", 0.1, 0.1),
        ("boolean", True, True),
        ("numeric", "12.50", 12.5),
        ("uuid", "0190f2c4-7b1e-7c3a-8f00-0123456789ab", "0190f2c4-7b1e-7c3a-8f00-0123456789ab"),
        ("timestamptz", "2024-02-29T12:00:00.123Z", "2024-02-29T12:00:00.123+00:00"),
        ("date", "2024-02-29", "2024-02-29"),
        ("time", "12:34:56", "12:34:56"),
        ("text[]", ["a", '"b"'], ["a", '"b"']),
        ("int[]", [1, 2], [1, 2]),
    ],
    ids=repr,
)
async def test_parameter_comes_back_from_the_database(db: Any, cast: str, value: Any, back: Any) -> None:
    assert await db.query_raw(f"SELECT $1::{cast} AS value", value) == [{"value": back}]


async def test_parameters_of_rich_types_are_understood(db: Any, every_type: Any) -> None:
    moment = dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)
    row = await db.query_first("SELECT $1::timestamptz = '2024-02-29 12:00Z' AS same", moment)
    assert row == {"same": True}
    assert await db.query_first("SELECT $1::numeric * 2 AS twice", Decimal("1.25")) == {"twice": 2.5}
    assert await db.query_first("SELECT $1::jsonb -> 'a' AS a", every_type.Json({"a": [1]})) == {"a": [1]}


async def test_json_in_a_row_keeps_its_shape_and_every_digit(db: Any) -> None:
    sql = """SELECT '{"a": [1, null, "x"], "n": 12345678901234567890}'::jsonb AS json"""
    assert await db.query_first(sql) == {"json": {"a": [1, None, "x"], "n": 12345678901234567890}}


async def test_rows_become_models(db: Any) -> None:
    class Sum(BaseModel):
        total: int
        name: str

    rows = await db.query_raw("SELECT 1 + 2 AS total, 'three' AS name", model=Sum)
    assert rows == [Sum(total=3, name="three")]
    await db.user.create(data={"email": "ada"})
    user = await db.query_first('SELECT * FROM "User"', model=type(await db.user.find_first()))
    assert (user.email, user.settings) == ("ada", {})


async def test_execute_counts_the_rows_it_changed(db: Any) -> None:
    await db.user.create_many(data=[{"email": str(number)} for number in range(3)])
    assert await db.execute_raw('UPDATE "User" SET age = $1 WHERE email <> $2', 5, "0") == 2
    assert await db.query_raw('SELECT 1 FROM "User" WHERE false') == []


async def test_wrong_sql_raises_what_postgresql_says(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.RawQueryError, match='syntax error at or near "SELEKT"'):
        await db.query_raw("SELEKT 1")
    with pytest.raises(every_type.errors.RawQueryError, match="division by zero"):
        await db.query_raw("SELECT 1/0")


async def test_statement_still_works_after_a_migration_changed_its_columns(db: Any) -> None:
    for sql in ('DROP TABLE IF EXISTS "moving"', 'CREATE TABLE "moving" (a int)', "INSERT INTO moving VALUES (1)"):
        await db.execute_raw(sql)
    for _ in range(30):  # often enough for a plan to be kept in every connection
        assert await db.query_raw("SELECT * FROM moving WHERE a = $1", 1) == [{"a": 1}]
    await db.execute_raw("ALTER TABLE moving ADD COLUMN b int DEFAULT 2")
    for _ in range(30):
        assert await db.query_raw("SELECT * FROM moving WHERE a = $1", 1) == [{"a": 1, "b": 2}]
    await db.execute_raw("DROP TABLE moving")
