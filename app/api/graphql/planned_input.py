"""Input objects, made by a plan: which field has what name and what type is found out once, not for each object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any, NamedTuple

import strawberry
from graphql import GraphQLInputObjectType, get_nullable_type, is_leaf_type
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryObjectDefinition


class _Field(NamedTuple):
    """Args:
    type: Strawberry's, of a value that is to be converted; None where it stays as graphql-core has coerced it.
    """

    name: str
    attribute: str
    type: Any


class InputPlan:
    """Makes objects of one input type as Strawberry does by itself. A value is None, what was left out its default."""

    __slots__ = ("_fields", "_without_default")

    def __init__(
        self, schema: strawberry.Schema, definition: StrawberryObjectDefinition, type: GraphQLInputObjectType
    ) -> None:
        names = schema.config.name_converter
        self._without_default = dict.fromkeys(
            each.python_name
            for each in definition.fields
            if each.default_value is MISSING and each.default_factory is MISSING
        )
        self._fields = tuple(
            _Field(
                name,
                each.python_name,
                None
                if is_leaf_type(get_nullable_type(type.fields[name].type))
                else each.resolve_type(type_definition=definition),
            )
            for each in definition.fields
            if (name := names.from_field(each))
        )

    def __call__(self, type: type, value: Mapping[str, Any], context: InputContext) -> Any:
        given = dict(self._without_default)
        for name, attribute, converted in self._fields:
            if name in value:
                found = value[name]
                given[attribute] = found if converted is None else context.convert(found, converted, name)
        return type(**given)


def plan_inputs(schema: strawberry.Schema) -> None:
    """From now on all input objects of the schema are made by plan."""
    for each in schema.schema_converter.type_map.values():
        definition, type = each.definition, each.implementation
        if isinstance(definition, StrawberryObjectDefinition) and isinstance(type, GraphQLInputObjectType):
            definition.from_input = InputPlan(schema, definition, type)
