"""The selection sets of one operation, as far as it has been executed, for all its executions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from graphql import GraphQLObjectType, GraphQLOutputType, GraphQLSchema
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet

from app.api.graphql.selection.generated_function import Completion
from app.api.graphql.selection.plain import NotPlain
from app.api.graphql.selection.projection import Projector, Selection

Collect: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]

MAX_KEPT: Final = 256
"""Selections of one operation, and a few more: fragments within fragments can select far more than their document is
long. Few operations have a tenth of it.
"""


class CompiledOperation:
    """Nothing of it belongs to one execution: no variable's value, but those that decide what is selected, no context.

    Everything is found by the identity of the list of a field's details, as graphql-core does it for one execution.
    All executions have the same lists, because all begin with the same root, and none of them is ever let go.

    Args:
        root: the fields of the operation itself.
    """

    def __init__(self, schema: GraphQLSchema, root: GroupedFieldSet) -> None:
        self.root = root
        self._schema = schema
        self._selections: dict[tuple[GraphQLObjectType, int], Selection] = {}
        self._completions: dict[tuple[int, int], Completion | None] = {}

    def selection(self, type: GraphQLObjectType, details: FieldDetailsList, collect: Collect) -> Selection | None:
        """What is selected of objects of that type below a field; None where too much is kept already.

        Args:
            collect: graphql-core's, for what has not been collected yet. What it raises is raised.
        """
        key = (type, id(details))
        known = self._selections.get(key)
        if known is None and not self._is_full:
            known = self._projector(collect).selection(type, details, collect(type, details))
            self._selections[key] = known
        return known

    def completion(self, type: GraphQLOutputType, details: FieldDetailsList, collect: Collect) -> Completion | None:
        """The completion of a field of that type; None where it takes more than generated code."""
        key = (id(type), id(details))
        if key in self._completions or self._is_full:
            return self._completions.get(key)
        try:
            made = self._projector(collect).completion(type, details)
        except NotPlain:
            made = None
        self._completions[key] = made
        return made

    @property
    def _is_full(self) -> bool:
        return len(self._selections) + len(self._completions) >= MAX_KEPT

    def _projector(self, collect: Collect) -> Projector:
        def select(type: GraphQLObjectType, details: FieldDetailsList) -> Selection:
            """Raises NotPlain where graphql-core would raise: it does so again, at the right place of the response."""
            try:
                found = self.selection(type, details, collect)
            except Exception:
                raise NotPlain from None
            if found is None:
                raise NotPlain
            return found

        return Projector(self._schema, select)
