"""What of a Strawberry schema is plain: types that are one class, fields that are its attributes."""

from __future__ import annotations

from keyword import iskeyword

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField


class NotPlain(Exception):
    """It takes more than generated code to complete it."""


def class_of(type: GraphQLObjectType) -> type:
    """The class whose instances are of that type, and of no other.

    Raises:
        NotPlain: there may be others.
    """
    definition = definition_of(type)
    if definition.is_type_of or definition.is_graphql_generic or definition.concrete_of:
        raise NotPlain
    return definition.origin


def implementing_class(interface: GraphQLInterfaceType, type: GraphQLObjectType) -> type:
    """The class by which Strawberry finds that what an interface stands for is of that type.

    Raises:
        NotPlain: it finds it in another way.
    """
    implementing = class_of(type)
    resolved_by = definition_of(interface)
    if resolved_by.resolve_type or not issubclass(implementing, resolved_by.origin):
        raise NotPlain
    return implementing


def attribute_of(field: GraphQLField) -> str:
    """The attribute that the field is.

    Raises:
        NotPlain: it has a resolver, an extension or a permission.
    """
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if (
        not isinstance(definition, StrawberryField)
        or not definition.is_basic_field
        or definition.default_resolver is not getattr
        or not getattr(field.resolve, "_is_default", False)  # else somebody has put another one in its place
        or not definition.python_name.isidentifier()
        or iskeyword(definition.python_name)
    ):
        raise NotPlain
    return definition.python_name


def is_event(field: GraphQLField) -> bool:
    """Whether it is the field of a subscription, which each event of its source is the value of."""
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return isinstance(definition, StrawberryField) and definition.is_subscription


def definition_of(type: GraphQLNamedType) -> StrawberryObjectDefinition:
    """Raises:
    NotPlain: the type is not made from a class, or that class goes by another name.
    """
    definition = type.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.name != type.name:
        raise NotPlain
    own: object = definition.origin.__dict__.get("__strawberry_definition__")
    if own is not definition:
        raise NotPlain
    return definition
