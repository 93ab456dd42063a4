"""What generated code has to be told of the execution that it works for: nothing else of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql.execution.values import VariableValues

from app.api.graphql.selection.arguments import FieldArguments
from app.api.graphql.selection.foreseen import Foreseeing, KnownInfo


class Execution:
    """Args:
    context: as resolvers have it; fields are foreseen if it can tell what it knows.
    """

    __slots__ = ("_arguments", "_context", "_info", "_variables")

    def __init__(self, context: Foreseeing | object, variables: VariableValues) -> None:
        self._context = context
        self._variables = variables
        self._info: KnownInfo | None = None
        self._arguments: dict[FieldArguments, Mapping[str, Any]] | None = None  # a subscription may wait for hours

    @property
    def info(self) -> KnownInfo:
        """Raises:
        AttributeError: the context cannot tell what it knows.
        """
        if self._info is None:
            self._info = KnownInfo(self._context.known)  # type: ignore[union-attr]  # as it says
        return self._info

    def arguments(self, of: FieldArguments) -> Mapping[str, Any]:
        """Raises:
        GraphQLError: one of them cannot be.
        """
        if self._arguments is None:
            self._arguments = {}
        found = self._arguments.get(of)
        if found is None:
            found = self._arguments[of] = of.coerced(self._variables)
        return found
