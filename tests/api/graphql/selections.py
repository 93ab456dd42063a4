"""Documents made by walking the schema, so that no field can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
)

PAGE_ARGUMENTS = frozenset({"first", "last", "after", "before"})


@dataclass(frozen=True, slots=True)
class Path:
    """A chain of fields that ends at an object, from a root field on.

    Args:
        fields: as they are written, with their arguments.
    """

    fields: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(each.partition("(")[0] for each in self.fields)

    @property
    def document(self) -> str:
        selection = "__typename"
        for each in reversed(self.fields):
            selection = f"{each} {{ {selection} }}"
        return f"{{ {selection} }}"


def paths(root: str, field: GraphQLField, *, hops: int, size: int) -> Iterator[Path]:
    """All chains from a root field, through at most `hops` objects that have an id; pages below are of `size`.

    Args:
        root: the field with its arguments.
    """
    yield from _below((root,), get_named_type(field.type), hops, size)


def _below(fields: tuple[str, ...], type: GraphQLNamedType, hops: int, size: int) -> Iterator[Path]:
    if not isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
        return
    is_node = "id" in type.fields
    if is_node:
        yield Path(fields)
        if not hops:
            return
    for name, field in type.fields.items():
        if not any(is_required_argument(each) for each in field.args.values()):
            written = f"{name}(first: {size})" if field.args.keys() >= PAGE_ARGUMENTS else name
            yield from _below((*fields, written), get_named_type(field.type), hops - is_node, size)
