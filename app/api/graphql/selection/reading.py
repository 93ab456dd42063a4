"""How generated code reads a field of an object: as an attribute, or by the resolver that the field has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from app.api.graphql.selection.arguments import FieldArguments
from app.api.graphql.selection.foreseen import is_foreseen, result_of
from app.api.graphql.selection.generated_function import ARGUMENT, EXECUTION, GeneratedFunction
from app.api.graphql.selection.plain import NotPlain, attribute_of


def reading(schema: GraphQLSchema, field: GraphQLField, node: FieldNode, function: GeneratedFunction) -> str:
    """The expression of the field's value, not completed yet.

    Raises:
        NotPlain: it has to be executed.
    """
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(definition, StrawberryField) or definition.is_basic_field:
        return f"{ARGUMENT}.{attribute_of(field)}"
    own = _resolver(field, definition)
    resolver = function.bind(own)
    if _takes_only_its_object(definition):
        return f"{resolver}({ARGUMENT})"
    if not is_foreseen(field):
        raise NotPlain
    arguments = _arguments(FieldArguments(schema, field, node), function)
    info = definition.base_resolver.info_parameter if definition.base_resolver else None
    known = f"{info.name}={EXECUTION}.info, " if info else ""
    call = f"{resolver}({ARGUMENT}, {known}**{arguments})"
    return f"{function.bind(result_of)}({call})" if inspect.iscoroutinefunction(own) else call


def _resolver(field: GraphQLField, definition: StrawberryField) -> Callable[..., Any]:
    """Raises:
    NotPlain: there is more to be called than that.
    """
    resolver = definition.base_resolver
    if (
        resolver is None
        or resolver.self_parameter is None
        or definition.is_subscription
        or definition.extensions  # among which are permissions
        or getattr(field.resolve, "_is_default", None) is not False  # else somebody has put another one in its place
        or not inspect.isfunction(resolver.wrapped_func)
    ):
        raise NotPlain
    return resolver.wrapped_func


def _takes_only_its_object(definition: StrawberryField) -> bool:
    """Then it is an attribute that is computed, as a property is: it may be read twice."""
    resolver = definition.base_resolver
    return bool(resolver and not resolver.is_async and len(resolver.signature.parameters) == 1)


def _arguments(of: FieldArguments, function: GeneratedFunction) -> str:
    """Raises:
    NotPlain: one of them cannot be, as graphql-core will say at the right place.
    """
    if of.vary:
        return f"{EXECUTION}.arguments({function.bind(of)})"
    try:
        return function.bind(of.coerced())
    except Exception:
        raise NotPlain from None
