"""Documents that select from a schema whatever can be selected, in every way that there is to write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

Composite = GraphQLObjectType | GraphQLInterfaceType

VARIABLES = "($yes: Boolean!, $no: Boolean!, $perhaps: Boolean = true, $number: Int = 2, $text: String)"
DIRECTIVES = (
    *[""] * 12,
    *("@skip(if: true)", "@skip(if: false)", "@skip(if: $yes)", "@skip(if: $no)", "@skip(if: $perhaps)"),
    *("@include(if: true)", "@include(if: false)", "@include(if: $yes)", "@include(if: $no)"),
    *("@include(if: $yes) @skip(if: $no)", "@include(if: $perhaps) @skip(if: $yes)"),
)
KINDS = ("field",) * 8 + ("typename", "inline", "inline", "spread", "again")
MOST_SELECTIONS = 5
MOST_NESTED = 12
"""Fields of one document that have selections of their own: else there would be no end to it."""


@dataclass
class Writer:
    """Writes other documents with each source of randomness, and the same ones with the same.

    They are not valid in one point: one name may stand for two fields of one type.

    Args:
        arguments: of fields that have some, by "Type.field".
    """

    schema: GraphQLSchema
    random: Random
    arguments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _fragments: dict[str, str] = field(default_factory=dict, init=False)
    _nested: int = field(default=0, init=False)

    def document(self, kind: str, depth: int = 4) -> str:
        """With the variables of VARIABLES.

        Args:
            kind: of the operation.
        """
        self._fragments.clear()
        self._nested = 0
        root: Composite = getattr(self.schema, f"{kind}_type")
        if kind == "subscription":
            name = self.random.choice(sorted(root.fields))
            alias = self.random.choice(["", "event: "])
            below = self._selections(_composite(root.fields[name].type), depth)
            selections = f"{{ {alias}{name}{self._arguments(root, name)} {below} }}"
        else:
            selections = self._selections(root, depth)
        return "\n".join([f"{kind} {VARIABLES} {selections}", *self._fragments.values()])

    def _selections(self, type: Composite, depth: int) -> str:
        written: list[str] = []
        for _ in range(self.random.randint(1, MOST_SELECTIONS)):
            kind = self.random.choice(KINDS)
            repeated = kind == "again" and written
            written.append(self.random.choice(written) if repeated else self._selection(kind, type, depth))
        return f"{{ {' '.join(written)} }}"

    def _selection(self, kind: str, type: Composite, depth: int) -> str:
        directives = self.random.choice(DIRECTIVES)
        if kind == "typename":
            return f"{self.random.choice(['', 'kind: ', 'type: '])}__typename {directives}"
        if kind == "inline" and depth:
            condition = self.random.choice(["", *self._conditions(type)])
            below = _composite(self.schema.type_map[condition]) if condition else type
            return f"...{f' on {condition}' if condition else ''} {directives} {self._selections(below, depth - 1)}"
        if kind == "spread" and depth:
            return f"...{self._fragment(type, depth)} {directives}"
        return self._field(type, depth, directives)

    def _field(self, type: Composite, depth: int, directives: str) -> str:
        deep = depth and self._nested < MOST_NESTED
        names = [name for name, each in type.fields.items() if deep or is_leaf_type(get_named_type(each.type))]
        if not names:
            return f"__typename {directives}"
        name = self.random.choice(names)
        alias = self.random.choice(["", "", f"{name}A: ", f"{name}B: "])
        written = f"{alias}{name}{self._arguments(type, name)} {directives}"
        below = get_named_type(type.fields[name].type)
        if is_leaf_type(below):
            return written
        self._nested += 1
        return f"{written} {self._selections(_composite(below), depth - 1)}"

    def _fragment(self, type: Composite, depth: int) -> str:
        """One that is there, or a new one."""
        name = self.random.choice([*self._fragments, f"F{len(self._fragments)}"])
        if name not in self._fragments:
            condition = self.random.choice(self._conditions(type))
            self._fragments[name] = ""  # so that no other one takes the name meanwhile
            below = self._selections(_composite(self.schema.type_map[condition]), depth - 1)
            self._fragments[name] = f"fragment {name} on {condition} {below}"
        return name

    def _conditions(self, type: Composite) -> list[str]:
        """The types that an object of that one may be of."""
        possible = {type.name, *(each.name for each in type.interfaces)}
        if is_abstract_type(type):
            possible |= {each.name for each in self.schema.get_possible_types(type)}
        return sorted(possible)

    def _arguments(self, type: Composite, name: str) -> str:
        return self.random.choice(self.arguments.get(f"{type.name}.{name}", [""]))


def _composite(type: GraphQLType) -> Composite:
    named = get_named_type(type)
    assert isinstance(named, Composite)
    return named
