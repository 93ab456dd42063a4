"""A field's arguments as its resolver takes them, found out once per operation, or once per execution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_argument_values,
)
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments


class FieldArguments:
    """Those of one field of a document. All objects that the field is selected of are given the same ones."""

    __slots__ = ("_definition", "_field", "_node", "_schema")

    def __init__(self, schema: GraphQLSchema, field: GraphQLField, node: FieldNode) -> None:
        self._schema = schema.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        self._field = field
        self._definition = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        self._node = node

    @property
    def vary(self) -> bool:
        """Whether they depend on variables."""
        return _have_variables(each.value for each in self._node.arguments or ())

    def coerced(self, variables: VariableValues | None = None) -> Mapping[str, Any]:
        """By the names that they have in Python.

        Raises:
            GraphQLError: one of them cannot be.
        """
        values = get_argument_values(self._field, self._node, variables)
        converter = self._schema.schema_converter
        return convert_arguments(values, self._definition.arguments, converter.scalar_registry, self._schema.config)


def _have_variables(values: Iterable[ValueNode]) -> bool:
    for each in values:
        match each:
            case VariableNode():
                return True
            case ListValueNode(values=within) if _have_variables(within):
                return True
            case ObjectValueNode(fields=fields) if _have_variables(field.value for field in fields):
                return True
    return False
