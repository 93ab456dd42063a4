"""Where in the schema a caller may name something by its id."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

Place = str
"""Such as `Mutation.stopCompletion(messageId)` or `Mutation.postMessage(input.parentId)`."""


def places_of_ids(schema: GraphQLSchema) -> Iterator[Place]:
    for place, argument in _arguments(schema):
        yield from (f"{place}({path})" for path in _ids_in(argument[0], argument[1].type, ()))


def fields_of(schema: GraphQLSchema, type_name: str) -> set[str]:
    type_ = schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    return set(type_.fields)


def _arguments(schema: GraphQLSchema) -> Iterator[tuple[str, tuple[str, GraphQLArgument]]]:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not type_.name.startswith("__"):
            fields: dict[str, GraphQLField] = type_.fields
            for name, field in fields.items():
                for argument in field.args.items():
                    yield f"{type_.name}.{name}", argument


def _ids_in(path: str, type_: GraphQLInputType, within: tuple[str, ...]) -> Iterator[str]:
    named = get_named_type(type_)
    if named is GraphQLID:
        yield path
    elif isinstance(named, GraphQLInputObjectType) and named.name not in within:
        for name, field in named.fields.items():
            yield from _ids_in(f"{path}.{name}", field.type, (*within, named.name))
