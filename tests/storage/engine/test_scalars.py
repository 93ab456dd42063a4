"""Every scalar type comes back as it was written."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.storage.engine.server import Server

UTC = dt.UTC
LINE_SEPARATORS = "one\u0085two\u2028three\u2029four\n  five\r\n\tsix\x0b\x0c\x1c\x1d\x1e"

ROUND_TRIPS: list[tuple[str, Any]] = [
    ("text", ""),
    ("text", "plain"),
    ("text", LINE_SEPARATORS),
    ("text", 'quotes " and \\ and \\" and \\\\" and { } ( ) [ ] : , # $'),
    ("text", "👩‍👩‍👧‍👦 \u202eright to left\u202c z\u0351\u036b \ufeff \ud7ff \U0010ffff \x01\x7f"),
    ("text", '{"$type":"BigInt","value":"12"}'),
    ("text", "null"),
    ("text", "x" * 1_000_000),
    ("short", "ten chars!"),
    ("uuid", "0190f2c4-7b1e-7c3a-8f00-0123456789ab"),
    ("yes", True),
    ("yes", False),
    ("integer", 0),
    ("integer", 2**31 - 1),
    ("integer", -(2**31)),
    ("small", -(2**15)),
    ("big", 2**53 + 1),
    ("big", 2**63 - 1),
    ("big", -(2**63)),
    ("floating", 0.1),
    ("floating", -1.5e300),
    ("floating", 5e-324),
    ("floating", 3.0),
    ("floating", 123456789.123),
    ("real", 0.5),
    ("exact", Decimal("0.1")),
    ("exact", Decimal("-12345678901234567890.123456789")),
    ("exact", Decimal("700")),
    ("money", Decimal("99999999.99")),
    ("moment", dt.datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=UTC)),
    ("moment", dt.datetime(1, 1, 1, tzinfo=UTC)),
    ("moment", dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("zoned", dt.datetime(2024, 7, 1, 12, 0, 0, 123000, tzinfo=UTC)),
    ("day", dt.datetime(2024, 2, 29, tzinfo=UTC)),
    ("color", "BLUE"),
]


@pytest.mark.parametrize(("field", "value"), ROUND_TRIPS, ids=lambda value: repr(value)[:40])
async def test_value_comes_back_as_it_was_written(db: Any, field: str, value: Any) -> None:
    made = await db.scalars.create(data={field: value})
    assert getattr(made, field) == value
    found = await db.scalars.find_unique(where={"id": made.id})
    assert getattr(found, field) == value
    assert await db.scalars.count(where={field: value}) == 1
    await db.scalars.update(where={"id": made.id}, data={field: None})
    emptied = await db.scalars.find_first(where={field: None})
    assert emptied.id == made.id


async def test_database_holds_what_the_client_was_given(db: Any, postgres: Server) -> None:
    moment = dt.datetime(2024, 7, 1, 14, 0, 0, 123000, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    await db.scalars.create(
        data={
            "text": LINE_SEPARATORS,
            "uuid": "0190f2c4-7b1e-7c3a-8f00-0123456789ab",
            "big": 2**63 - 1,
            "exact": Decimal("12345678901234567890.5"),
            "zoned": moment,
            "day": dt.datetime(2024, 2, 29, tzinfo=UTC),
            "color": "RED",
        }
    )
    connection = await postgres.connect("every_type")
    row = await connection.fetchrow('SELECT * FROM "Scalars"')
    await connection.close()
    assert row is not None
    assert row["text"] == LINE_SEPARATORS
    assert row["uuid"] == UUID("0190f2c4-7b1e-7c3a-8f00-0123456789ab")
    assert row["big"] == 2**63 - 1
    assert row["exact"] == Decimal("12345678901234567890.5")
    assert row["zoned"] == moment
    assert row["day"] == dt.date(2024, 2, 29)
    assert row["color"] == "RED"


JSON_VALUES: list[Any] = [
    {},
    [],
    "",
    "text",
    "null",
    '{"looks": "like JSON"}',
    '"quoted"',
    "12",
    0,
    -1.5,
    2**53 + 1,
    2**64 - 1,
    True,
    False,
    None,
    [None, [None], {"a": None}],
    {"nested": {"list": [1, "two", {"three": [3.0]}]}, "": "empty key", "$type": "BigInt", "value": "1"},
    {"select": {"where": 1}, 'key "quoted"': LINE_SEPARATORS, "ключ": "значение"},
]


@pytest.mark.parametrize("value", JSON_VALUES, ids=repr)
@pytest.mark.parametrize("field", ["json_obj", "old_json"])
async def test_json_of_any_shape_comes_back_as_it_was_written(
    db: Any, every_type: Any, postgres: Server, field: str, value: Any
) -> None:
    made = await db.scalars.create(data={field: every_type.Json(value)})
    assert getattr(made, field) == value
    assert getattr(await db.scalars.find_unique(where={"id": made.id}), field) == value
    connection = await postgres.connect("every_type")
    stored = await connection.fetchval(f'SELECT {field}::text FROM "Scalars"')
    await connection.close()
    assert json.loads(stored) == value


async def test_json_null_and_no_json_are_told_apart(db: Any, every_type: Any) -> None:
    await db.scalars.create(data={"integer": 1, "json_obj": every_type.Json(None)})
    await db.scalars.create(data={"integer": 2, "json_obj": None})
    await db.scalars.create(data={"integer": 3})
    rows = await db.query_raw('SELECT integer, json_obj IS NULL AS missing FROM "Scalars" ORDER BY integer')
    assert [row["missing"] for row in rows] == [False, True, True]


async def test_json_fields_can_be_filtered(db: Any, every_type: Any) -> None:
    json_of = every_type.Json
    for value in ({"country": "Scotland", "n": [1, 2]}, {"country": "France"}, "Scotland", ["a", "b"]):
        await db.scalars.create(data={"json_obj": json_of(value)})

    async def found(where: dict[str, Any]) -> list[Any]:
        records = await db.scalars.find_many(where={"json_obj": where}, order={"id": "asc"})
        return [record.id for record in records]

    assert await found({"equals": json_of("Scotland")}) == [3]
    assert await found({"not": json_of("Scotland")}) == [1, 2, 4]
    assert await found({"path": ["country"], "equals": json_of("Scotland")}) == [1]
    assert await found({"path": ["country"], "string_contains": "cotl"}) == [1]
    assert await found({"path": ["country"], "string_starts_with": "Fr"}) == [2]
    assert await found({"path": ["n"], "array_contains": json_of([2])}) == [1]
    assert await db.scalars.count(where={"NOT": [{"json_obj": json_of(["a", "b"])}]}) == 3
    await db.scalars.create(data={})
    assert (await db.scalars.find_first(where={"json_obj": None})).id == 5
    assert await db.scalars.count(where={"json_obj": {"not": None}}) == 4


async def test_bytes_come_back_as_they_were_written(db: Any, every_type: Any) -> None:
    for value in (b"", b"\x00\xff\x80", bytes(range(256)) * 40):
        made = await db.scalars.create(data={"raw_bytes": every_type.Base64.encode(value)})
        assert made.raw_bytes.decode() == value
        found = await db.scalars.find_first(where={"raw_bytes": every_type.Base64.encode(value)})
        assert found.id == made.id


LISTS: list[tuple[str, list[Any]]] = [
    ("texts", ["", "null", LINE_SEPARATORS, '"', "{}", "a,b"]),
    ("uuids", [str(uuid4()), str(uuid4())]),
    ("yeses", [True, False]),
    ("ints", [0, -1, 2**31 - 1]),
    ("bigs", [2**53 + 1, -(2**63)]),
    ("floats", [0.1, -1e300]),
    ("decimals", [Decimal("0.1"), Decimal("12345678901234567890.5")]),
    ("moments", [dt.datetime(2024, 2, 29, 1, 2, 3, 456000, tzinfo=UTC)]),
    ("colors", ["RED", "BLUE"]),
]


@pytest.mark.parametrize(("field", "value"), LISTS, ids=[field for field, _ in LISTS])
async def test_list_comes_back_as_it_was_written(db: Any, field: str, value: list[Any]) -> None:
    made = await db.lists.create(data={field: value})
    assert getattr(made, field) == value
    assert (await db.lists.find_first(where={field: {"has": value[0]}})).id == made.id
    assert await db.lists.count(where={field: {"has_every": value}}) == 1
    assert await db.lists.count(where={field: {"is_empty": True}}) == 0
    assert await db.lists.count(where={field: {"equals": value}}) == 1
    pushed = await db.lists.update(where={"id": made.id}, data={field: {"push": value[:1]}})
    assert getattr(pushed, field) == [*value, value[0]]
    emptied = await db.lists.update(where={"id": made.id}, data={field: {"set": []}})
    assert getattr(emptied, field) == []


async def test_lists_of_json_and_bytes_come_back_as_they_were_written(db: Any, every_type: Any) -> None:
    values = [{"a": [1]}, "text", '"', None, 2**63]
    blobs = [b"", b"\x00\xff"]
    made = await db.lists.create(
        data={
            "jsons": [every_type.Json(value) for value in values],
            "blobs": [every_type.Base64.encode(blob) for blob in blobs],
        }
    )
    found = await db.lists.find_unique(where={"id": made.id})
    assert found.jsons == values
    assert [blob.decode() for blob in found.blobs] == blobs


async def test_defaults_are_filled_in(db: Any) -> None:
    before = dt.datetime.now(UTC) - dt.timedelta(seconds=60)
    made = await db.defaults.create(data={})
    assert UUID(made.id)
    assert made.text == 'a "default"'
    assert made.color == "GREEN"
    assert made.json_obj == {"made": "by default"}
    assert made.made_at > before
    assert made.seen_at > before


async def test_microseconds_are_cut_to_milliseconds(db: Any) -> None:
    made = await db.scalars.create(data={"moment": dt.datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)})
    assert made.moment.microsecond == 123000


async def test_infinite_float_is_refused_with_an_error(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.PrismaError):
        await db.scalars.create(data={"floating": math.inf})
    assert await db.scalars.count() == 0


async def test_nul_character_is_refused_with_an_error_that_names_it(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.DataError, match="0x00"):
        await db.scalars.create(data={"text": "a\0b"})
    with pytest.raises(every_type.errors.DataError, match="Unicode escape"):
        await db.scalars.create(data={"json_obj": every_type.Json("a\0b")})
    assert await db.scalars.count() == 0


async def test_lone_surrogate_is_refused_before_anything_is_sent(db: Any) -> None:
    with pytest.raises(UnicodeEncodeError):
        await db.scalars.create(data={"text": "a\ud800b"})
    assert await db.scalars.count() == 0


ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from('\u0085\u2028\u2029"\\')
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(ANY_TEXT, min_size=20, max_size=20))
async def test_any_text_comes_back_as_it_was_written(db: Any, every_type: Any, texts: list[str]) -> None:
    record = {"texts": texts, "jsons": [every_type.Json({text: text}) for text in texts]}
    made = await db.lists.create(data=record)
    found = await db.lists.find_unique(where={"id": made.id})
    assert found.texts == texts
    assert found.jsons == [{text: text} for text in texts]
    assert await db.query_raw("SELECT $1::text AS text", texts[0]) == [{"text": texts[0]}]
