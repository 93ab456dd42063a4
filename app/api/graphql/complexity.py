"""Rules that refuse a query for its shape, before anything of it is run.

They are module-level classes, the same for every request, so that a document's verdict can be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from app.api.graphql.errors import QUERY_TOO_COMPLEX
from app.api.graphql.limits import MAX_ALIASES, MAX_DEPTH

Measure: TypeAlias = Callable[[SelectionSetNode | None], int]


class Shape:
    """Measures a document; each fragment once, however often it is spread.

    A fragment that spreads itself counts as nothing where it does: another rule refuses it.
    """

    def __init__(self, document: DocumentNode) -> None:
        self.operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._depths: dict[str, int] = {}
        self._aliases: dict[str, int] = {}

    @cached_property
    def depth(self) -> int:
        """The levels of fields in the deepest operation."""
        return max((self._depth(each.selection_set) for each in self.operations), default=0)

    @cached_property
    def aliases(self) -> int:
        return sum(self._count_aliases(each.selection_set) for each in self.operations)

    def _depth(self, selections: SelectionSetNode | None) -> int:
        if selections is None:
            return 0
        return max((self._depth_of(each) for each in selections.selections), default=0)

    def _depth_of(self, selection: SelectionNode) -> int:
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value, self._depths, self._depth)
        if isinstance(selection, FieldNode):
            if selection.name.value.startswith("__"):
                return 1  # graphql-core's MaxIntrospectionDepthRule has its own measure for what is below
            return 1 + self._depth(selection.selection_set)
        return self._depth(_selection_set(selection))

    def _count_aliases(self, selections: SelectionSetNode | None) -> int:
        if selections is None:
            return 0
        return sum(self._aliases_of(each) for each in selections.selections)

    def _aliases_of(self, selection: SelectionNode) -> int:
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value, self._aliases, self._count_aliases)
        own = isinstance(selection, FieldNode) and selection.alias is not None
        return own + self._count_aliases(_selection_set(selection))

    def _of_fragment(self, name: str, known: dict[str, int], measure: Measure) -> int:
        if name not in known:
            known[name] = 0
            if fragment := self._fragments.get(name):
                known[name] = measure(fragment.selection_set)
        return known[name]


class MaxDepthRule(ASTValidationRule):
    def enter_document(self, document: DocumentNode, *_: object) -> None:
        if (depth := Shape(document).depth) > MAX_DEPTH:
            self.report_error(_too_complex(f"The query is {depth} levels deep, the most is {MAX_DEPTH}."))


class MaxAliasesRule(ASTValidationRule):
    def enter_document(self, document: DocumentNode, *_: object) -> None:
        if (aliases := Shape(document).aliases) > MAX_ALIASES:
            self.report_error(_too_complex(f"The query has {aliases} aliases, the most is {MAX_ALIASES}."))


def _selection_set(selection: SelectionNode) -> SelectionSetNode | None:
    return getattr(selection, "selection_set", None)


def _too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": QUERY_TOO_COMPLEX})
