"""Projections: functions that take an object and give what was selected of it, in one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import (
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    is_leaf_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from app.api.graphql.selection.generated_function import ARGUMENT, EXECUTION, Completion, GeneratedFunction, indented
from app.api.graphql.selection.leaf import leaf_lines
from app.api.graphql.selection.plain import NotPlain, class_of, implementing_class
from app.api.graphql.selection.reading import reading

TYPENAME = "__typename"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected of objects of one type.

    Args:
        details: of the field; kept, because they are found by their identity.
        collected: all that is selected, as graphql-core has it.
        project: gives the fields that are plain, and None in the place of others; None where no field is.
        others: which have to be executed.
    """

    details: FieldDetailsList
    collected: CollectedFields
    project: Completion | None = None
    others: GroupedFieldSet = field(default_factory=dict)


Select: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], Selection]


class Projector:
    """Makes projections.

    Args:
        select: gives what is selected of a type below a field.
    """

    def __init__(self, schema: GraphQLSchema, select: Select) -> None:
        self._schema = schema
        self._select = select

    def selection(self, type: GraphQLObjectType, details: FieldDetailsList, collected: CollectedFields) -> Selection:
        executed = Selection(details, collected)
        function = GeneratedFunction()
        others: GroupedFieldSet = {}
        entries: list[str] = []
        try:
            lines = self._class_lines(type, function)
            for name, selected in collected.grouped_field_set.items():
                read, result = self._field(type, selected, function)
                lines += read
                entries.append(f"{name!r}: {result}")
                if result is None:
                    others[name] = selected
        except NotPlain:
            return executed
        if others and len(others) == len(entries):
            return executed
        return Selection(details, collected, function.build([*lines, f"return {{{', '.join(entries)}}}"]), others)

    def completion(self, type: GraphQLOutputType, details: FieldDetailsList) -> Completion:
        """The completion of a field of that type.

        Raises:
            NotPlain: something in it has to be executed.
        """
        function = GeneratedFunction()
        return function.build([*self._lines(type, details, ARGUMENT, function), f"return {ARGUMENT}"])

    def _class_lines(self, type: GraphQLObjectType, function: GeneratedFunction) -> list[str]:
        own = class_of(type)
        lines = [f"if {ARGUMENT}.__class__ is not {function.bind(own)}: raise Unusual"]
        # Which asks also whether somebody has cast the object to another type. Where all is in slots, nobody can.
        if type.is_type_of and own.__dictoffset__:
            lines.append(f"if {TYPE_CAST_ATTRIBUTE!r} in {ARGUMENT}.__dict__: raise Unusual")
        return lines

    def _field(
        self, type: GraphQLObjectType, details: FieldDetailsList, function: GeneratedFunction
    ) -> tuple[list[str], str | None]:
        """The lines that complete a field, and the expression of its value then; None if it has to be executed.

        Raises:
            NotPlain: there is no such field.
        """
        name = details[0].node.name.value
        if name == TYPENAME:
            return [], repr(type.name)
        if name not in type.fields:
            raise NotPlain
        found = type.fields[name]
        variable = function.variable()
        try:
            read = reading(self._schema, found, details[0].node, function)
            return [f"{variable} = {read}", *self._lines(found.type, details, variable, function)], variable
        except NotPlain:
            return [], None

    def _lines(
        self, type: GraphQLOutputType, details: FieldDetailsList, variable: str, function: GeneratedFunction
    ) -> list[str]:
        if isinstance(type, GraphQLNonNull):
            return self._lines_of_present(type.of_type, details, variable, function)
        present = self._lines_of_present(type, details, variable, function)
        return [f"if {variable} is not None:", *indented(present)]

    def _lines_of_present(
        self, type: GraphQLOutputType, details: FieldDetailsList, variable: str, function: GeneratedFunction
    ) -> list[str]:
        if is_leaf_type(type):
            leaf: GraphQLLeafType = type
            return leaf_lines(leaf, variable, function)
        if isinstance(type, GraphQLList):
            item = function.bind(self._item(type.of_type, details))
            return [
                f"if {variable}.__class__ is not list: raise Unusual",
                f"{variable} = [{item}(each, {EXECUTION}) for each in {variable}]",
            ]
        if isinstance(type, GraphQLObjectType):
            return [f"{variable} = {function.bind(self._whole(type, details))}({variable}, {EXECUTION})"]
        if isinstance(type, GraphQLInterfaceType):
            by_class = function.bind(self._by_class(type, details))
            return [f"{variable} = {by_class}[{variable}.__class__]({variable}, {EXECUTION})"]
        raise NotPlain

    def _item(self, type: GraphQLOutputType, details: FieldDetailsList) -> Completion:
        if isinstance(type, GraphQLNonNull) and isinstance(type.of_type, GraphQLObjectType):
            return self._whole(type.of_type, details)
        return self.completion(type, details)

    def _whole(self, type: GraphQLObjectType, details: FieldDetailsList) -> Completion:
        selection = self._select(type, details)
        if selection.project is None or selection.others:
            raise NotPlain
        return selection.project

    def _by_class(self, interface: GraphQLInterfaceType, details: FieldDetailsList) -> dict[type, Completion]:
        """Of those types that are plain; an object of another one is no key."""
        found: dict[type, Completion] = {}
        for each in self._schema.get_possible_types(interface):
            try:
                found[implementing_class(interface, each)] = self._whole(each, details)
            except NotPlain:
                continue
        if not found:
            raise NotPlain
        return found
