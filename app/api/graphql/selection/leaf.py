"""Completing scalars and enums: the GraphQL specification, 3.5 and 3.9, result coercion.

A value is taken only where graphql-core would leave it as it is, or where a scalar of our own serializes it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from uuid import UUID

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.enum import StrawberryEnumDefinition

from app.api.graphql.selection.generated_function import GeneratedFunction
from app.api.graphql.selection.plain import NotPlain

STANDARD: Final = {
    GraphQLInt: f"{{0}}.__class__ is not int or not {GRAPHQL_MIN_INT} <= {{0}} <= {GRAPHQL_MAX_INT}",
    GraphQLFloat: "{0}.__class__ is not float or {0} - {0} != 0.0",  # neither infinite nor not a number
    GraphQLString: "{0}.__class__ is not str",
    GraphQLID: "{0}.__class__ is not str",
    GraphQLBoolean: "{0}.__class__ is not bool",
}
"""What is wrong with a value, by the scalars of the specification."""

JSON_CLASSES: Final = frozenset({str, int, float, bool, dict, list})
SERIALIZED_CLASSES: Final = JSON_CLASSES | {tuple, date, datetime, time, Decimal, UUID}
"""What is surely neither an exception nor to be awaited."""


def leaf_lines(type: GraphQLLeafType, variable: str, function: GeneratedFunction) -> list[str]:
    """Put in place of what the variable holds, which is not None, what the response has of it.

    Raises:
        NotPlain: nothing is known of the type.
    """
    if type in STANDARD:
        return [f"if {STANDARD[type].format(variable)}: raise Unusual"]
    if isinstance(type, GraphQLScalarType):
        return _scalar_lines(type, variable, function)
    return _enum_lines(type, variable, function)


def _scalar_lines(type: GraphQLScalarType, variable: str, function: GeneratedFunction) -> list[str]:
    serialize = function.bind(type.coerce_output_value)
    taken, given = function.bind(SERIALIZED_CLASSES), function.bind(JSON_CLASSES)
    return [
        f"if {variable}.__class__ not in {taken}: raise Unusual",
        f"{variable} = {serialize}({variable})",
        f"if {variable}.__class__ not in {given}: raise Unusual",
    ]


def _enum_lines(type: GraphQLEnumType, variable: str, function: GeneratedFunction) -> list[str]:
    """By the names of members: an enum's own hash is computed in Python."""
    definition = type.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(definition, StrawberryEnumDefinition):
        raise NotPlain
    members: Iterable[enum.Enum] = definition.wrapped_cls
    written = {each.name: type.coerce_output_value(each) for each in members}
    lines = [f"{variable} = {function.bind(written)}[{variable}._name_]"]
    if (stood_for := _enum_stood_for(members)) is None:
        return [f"if {variable}.__class__ is not {function.bind(members)}: raise Unusual", *lines]
    classes = function.bind(frozenset({members, stood_for}))
    return [f"if {variable}.__class__ not in {classes}: raise Unusual", *lines]


def _enum_stood_for(members: Iterable[enum.Enum]) -> type | None:
    """The enum whose members are the values of these, of the same names; GraphQL takes them alike."""
    classes = {each.value.__class__ for each in members}
    if len(classes) != 1 or not issubclass(found := classes.pop(), enum.Enum):
        return None
    return found if all(each.value.name == each.name for each in members) else None
