"""On what a document's selection sets depend, besides the document: the variables in `@skip` and `@include`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graphql import (
    DirectiveNode,
    ExecutableDefinitionNode,
    FragmentDefinitionNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    SelectionSetNode,
    VariableNode,
)

CONDITIONAL = frozenset({GraphQLSkipDirective.name, GraphQLIncludeDirective.name})


class Unpredictable(Exception):
    """The document has a directive that may change how fields are executed, or fragments with arguments."""


def condition_variables(definitions: Sequence[ExecutableDefinitionNode]) -> tuple[str, ...]:
    """The names of the variables that decide which of the fields are selected, each once.

    Raises:
        Unpredictable: as it says.
    """
    names: dict[str, None] = {}
    if any(isinstance(each, FragmentDefinitionNode) and each.variable_definitions for each in definitions):
        raise Unpredictable
    for directive in _directives(definitions):
        if directive.name.value not in CONDITIONAL:
            raise Unpredictable
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                names[argument.value.name.value] = None
    return tuple(names)


def _directives(definitions: Iterable[ExecutableDefinitionNode]) -> Iterator[DirectiveNode]:
    """Without recursion: inline fragments may be nested deeper than Python's stack is."""
    unseen: list[SelectionSetNode] = []
    for definition in definitions:
        yield from definition.directives or ()
        unseen.append(definition.selection_set)
    while unseen:
        for selection in unseen.pop().selections:
            yield from selection.directives or ()
            if (below := getattr(selection, "selection_set", None)) is not None:
                unseen.append(below)
