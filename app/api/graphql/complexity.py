"""The shape of a document, for which it is refused before any rule looks at it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from app.api.graphql.errors import too_complex
from app.api.graphql.limits import MAX_ALIASES, MAX_DEPTH, MAX_SELECTIONS

MAX_TOLD: Final = 1_000_000

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
        self._selections: dict[str, int] = {}

    @cached_property
    def depth(self) -> int:
        """The levels of fields in the deepest operation."""
        return max((self._depth(each.selection_set) for each in self.operations), default=0)

    @cached_property
    def aliases(self) -> int:
        return sum(self._count_aliases(each.selection_set) for each in self.operations)

    @cached_property
    def selections(self) -> int:
        """Fields and fragments of the largest operation, those within a fragment wherever it is spread."""
        return max((self._count_selections(each.selection_set) for each in self.operations), default=0)

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

    def _count_selections(self, selections: SelectionSetNode | None) -> int:
        if selections is None:
            return 0
        return sum(1 + self._selections_below(each) for each in selections.selections)

    def _selections_below(self, selection: SelectionNode) -> int:
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value, self._selections, self._count_selections)
        return self._count_selections(_selection_set(selection))

    def _of_fragment(self, name: str, known: dict[str, int], measure: Measure) -> int:
        if name not in known:
            known[name] = 0
            if fragment := self._fragments.get(name):
                known[name] = measure(fragment.selection_set)
        return known[name]


def shape_error(document: DocumentNode) -> GraphQLError | None:
    """What is wrong with its shape, with its code. The document need not be valid.

    Raises:
        RecursionError: fragments spread fragments in too long a chain.
    """
    shape = Shape(document)
    if shape.depth > MAX_DEPTH:
        return too_complex(f"The query is {shape.depth} levels deep, the most is {MAX_DEPTH}.")
    if shape.aliases > MAX_ALIASES:
        return too_complex(f"The query has {_told(shape.aliases)} aliases, the most is {MAX_ALIASES}.")
    if shape.selections > MAX_SELECTIONS:
        return too_complex(
            f"The query has {_told(shape.selections)} selections, fragments counted wherever they are spread; "
            f"the most is {MAX_SELECTIONS:,}."
        )
    return None


def _told(count: int) -> str:
    """Fragments that double each other count up to numbers of a hundred digits."""
    return f"{count:,}" if count < MAX_TOLD else f"more than {MAX_TOLD:,}"


def _selection_set(selection: SelectionNode) -> SelectionSetNode | None:
    return getattr(selection, "selection_set", None)
