from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema

from app.api.graphql.schema import schema

Json = Any

CONTRACT = Path(__file__).with_name("contract.graphql")
STANDARD_SCALARS = {"Boolean", "Float", "ID", "Int", "String"}


def test_the_schema_is_the_contract_and_nothing_that_is_not_built() -> None:
    contract = introspection_from_schema(build_schema(CONTRACT.read_text()))
    assert shape(introspection_from_schema(schema._schema)) == shape(contract)


@pytest.mark.parametrize("what", ["type", "field", "argument", "value"])
def test_everything_is_described(what: str) -> None:
    named = [each for each in everything(introspection_from_schema(schema._schema)) if each[0] == what]
    assert len(named) > 10
    assert [name for _, name, description in named if not description] == []


def own_types(introspection: Json) -> Iterator[Json]:
    for each in introspection["__schema"]["types"]:
        if not each["name"].startswith("__") and each["name"] not in STANDARD_SCALARS:
            yield each


def shape(introspection: Json) -> Json:
    """Kinds, fields, types, arguments, defaults and values, in no order."""
    return {each["name"]: (each["kind"], shape_of(each)) for each in own_types(introspection)}


def shape_of(type: Json) -> Json:
    return {
        "interfaces": {each["name"] for each in type["interfaces"] or ()},
        "values": {each["name"] for each in type["enumValues"] or ()},
        "inputs": {each["name"]: argument(each) for each in type["inputFields"] or ()},
        "fields": {
            each["name"]: (reference(each["type"]), {arg["name"]: argument(arg) for arg in each["args"]})
            for each in type["fields"] or ()
        },
    }


def argument(of: Json) -> tuple[str, str | None]:
    return reference(of["type"]), of["defaultValue"]


def reference(type: Json) -> str:
    match type["kind"]:
        case "NON_NULL":
            return f"{reference(type['ofType'])}!"
        case "LIST":
            return f"[{reference(type['ofType'])}]"
        case _:
            return str(type["name"])


def everything(introspection: Json) -> Iterator[tuple[str, str, str | None]]:
    """What there is to describe: its kind, its name, its description."""
    for type in own_types(introspection):
        name = type["name"]
        yield "type", name, type["description"]
        for value in type["enumValues"] or ():
            yield "value", f"{name}.{value['name']}", value["description"]
        for field in (type["fields"] or []) + (type["inputFields"] or []):
            yield "field", f"{name}.{field['name']}", field["description"]
            for each in field.get("args", ()):
                yield "argument", f"{name}.{field['name']}({each['name']})", each["description"]
