"""What generated code has to be told of the execution that it works for: nothing else of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphql.execution.values import VariableValues

from app.api.graphql.selection.arguments import FieldArguments
from app.api.graphql.selection.foreseen import Foreseeing, KnownInfo, Unknown

MOST_IN_VAIN: Final = 256
"""Fields foreseen for objects that graphql-core had to complete after all. Each may have given a hundred objects, which
are made anew at every level above the one that was not known; so after that many nothing is foreseen.
"""


class Execution:
    """Args:
    context: as resolvers have it; fields are foreseen if it can tell what it knows.
    """

    __slots__ = ("_arguments", "_context", "_in_vain", "_info", "_variables", "foreseen")

    def __init__(self, context: Foreseeing | object, variables: VariableValues) -> None:
        self._context = context
        self._variables = variables
        self._in_vain = 0
        self.foreseen = 0
        self._info: KnownInfo | None = None
        self._arguments: dict[FieldArguments, Mapping[str, Any]] | None = None  # a subscription may wait for hours

    @property
    def info(self) -> KnownInfo:
        """Asked for once for each field that is foreseen.

        Raises:
            AttributeError: the context cannot tell what it knows.
            Unknown: too much has been foreseen in vain.
        """
        if self._in_vain > MOST_IN_VAIN:
            raise Unknown
        self.foreseen += 1
        if self._info is None:
            self._info = KnownInfo(self._context.known)  # type: ignore[union-attr]  # as it says
        return self._info

    def in_vain(self, since: int) -> None:
        """What has been foreseen since it was so much is to be thrown away."""
        self._in_vain += self.foreseen - since

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
