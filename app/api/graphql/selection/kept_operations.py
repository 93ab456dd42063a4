"""Compiled operations, each kept for as long as its document is."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import GroupedFieldSet

from app.api.graphql.selection.compiled_operation import CompiledOperation
from app.api.graphql.selection.conditions import Unpredictable, condition_variables

MAX_VARIANTS: Final = 4
"""Of one operation, by what its conditions come to."""


@dataclass(slots=True)
class _Kept:
    """Args:
    conditions: variables; None if the operation is not to be compiled.
    """

    conditions: tuple[str, ...] | None
    variants: dict[Hashable, CompiledOperation] = field(default_factory=dict)


_kept: Final[dict[int, _Kept]] = {}
"""By identity: nodes are equal where they say the same, but their errors are told with the places of their own."""


def compiled_operation(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Iterable[FragmentDefinitionNode],
    variables: Mapping[str, Any],
    collect_root: Callable[[], GroupedFieldSet],
) -> CompiledOperation | None:
    """None if it has directives that a compiled selection knows nothing of.

    Args:
        fragments: those of the operation's document, which is the only one that it is part of.
        collect_root: collects the fields of the operation itself, if that has not been done yet.
    """
    kept = _keep(operation, fragments)
    if kept.conditions is None:
        return None
    key = (schema, *(variables.get(each) for each in kept.conditions))
    found = kept.variants.get(key)
    if found is None:
        found = CompiledOperation(schema, collect_root())
        if len(kept.variants) >= MAX_VARIANTS:
            del kept.variants[next(iter(kept.variants))]
        kept.variants[key] = found
    return found


def _keep(operation: OperationDefinitionNode, fragments: Iterable[FragmentDefinitionNode]) -> _Kept:
    key = id(operation)
    if (known := _kept.get(key)) is not None:
        return known
    try:
        kept = _Kept(condition_variables((operation, *fragments)))
    except Unpredictable:
        kept = _Kept(None)
    _kept[key] = kept
    weakref.finalize(operation, _kept.pop, key, None).atexit = False
    return kept
