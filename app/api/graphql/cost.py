"""What fields cost, declared where they are; in the terms of the GraphQL Cost Directives specification:
https://ibm.github.io/graphql-specs/cost-spec.html

The unit is one object in the answer. `weight` is that of `@cost`, with its defaults: 1 for a field that gives an
object, 0 for one that gives a leaf. `size` is `@listSize`: `Assumed` its assumedSize, `Sliced` its slicingArguments,
and `PAGE` stands on the fields that its sizedFields would name. They are written in Python and not as directives,
which would fill the schema that clients read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from graphql import GraphQLField, get_named_type, is_leaf_type

from app.chat.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

_KEY: Final = "cost"


@dataclass(frozen=True, slots=True)
class Assumed:
    """So many items, whatever there are."""

    items: int


@dataclass(frozen=True, slots=True)
class Sliced:
    """As many items as the greatest of these arguments says, or as an argument that is a list has.

    Args:
        arguments: as the schema spells them; `a.b` is the field `b` of the input object `a`.
        default: how many there are where none of them is given.
        maximum: the most there can be. What is not a number up to it counts as so many: to ask for what is refused is
            never cheaper.
    """

    arguments: tuple[str, ...]
    default: int
    maximum: int


class Enclosing(Enum):
    """As many items as the nearest field around it says that has a size."""

    PAGE = "page"


Size: TypeAlias = Assumed | Sliced | Enclosing

PAGE: Final = Enclosing.PAGE
RELAY: Final = Sliced(("first", "last"), DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
"""A connection: its edges and nodes are of the size PAGE."""


CHANGE_COST: Final = 10
"""A transaction that is committed."""
INTROSPECTION_COST: Final = 1_000
"""Of `__schema` and of `__type`, whatever is asked of them: a playground's question is about so many objects."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Args:
    weight: of the field itself, however much it gives.
    size: how many items the field gives, as a list or in the fields of the size PAGE below it.
    each: of every item, besides what is selected of it.
    """

    weight: int
    size: Size | None = None
    each: int = 0


def cost(weight: int = 1, size: Size | None = None, *, each: int = 0) -> Mapping[str, Cost]:
    """For `metadata` of a field."""
    return {_KEY: Cost(weight, size, each)}


def declared_cost(field: GraphQLField) -> Cost | None:
    definition = field.extensions.get("strawberry-definition")
    found = definition.metadata.get(_KEY) if definition else None
    return found if isinstance(found, Cost) else None


def cost_of(field: GraphQLField) -> Cost:
    return declared_cost(field) or (_LEAF if is_leaf_type(get_named_type(field.type)) else _OBJECT)


_LEAF: Final = Cost(0)
_OBJECT: Final = Cost(1)
