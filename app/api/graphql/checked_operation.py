"""What must hold of an operation before anything of it is executed, whatever carries it."""

from __future__ import annotations

from typing import Any, Final

from graphql import GraphQLError, get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from app.api.graphql.cost_plan import CostPlan
from app.api.graphql.documents import CheckedDocument, check_document
from app.api.graphql.errors import QUERY_TOO_COMPLEX
from app.api.graphql.limits import MAX_COST

MAX_TOLD_COST: Final = 2**31 - 1
"""The largest Int of GraphQL. Costs may have a hundred digits, which not every client can read."""


class CheckedOperation(SchemaExtension):
    """One operation. Its document is valid and from the cache, which operation is meant is clear, it asks for nothing
    that is switched off, and it costs no more than one may. The first response to it tells what it costs, as
    `extensions.cost`; the events of a subscription after that are left alone.

    A query or a mutation is not executed before there is room for its answer, and of its variables nothing is kept
    that it does not declare.
    """

    _checked: CheckedDocument
    _plan: CostPlan | None = None
    _cost: int | None = None

    async def on_execute(self) -> None:  # type: ignore[override]  # Strawberry takes plain functions, too
        context = self.execution_context
        answers = context.context.answers
        if answers and context.operation_type is not OperationType.SUBSCRIPTION:
            await answers.acquire()
            context.context.has_room = True

    def on_parse(self) -> None:  # type: ignore[override]  # as above
        """Raises:
        GraphQLError: there is no such document or operation; with its code.
        """
        context = self.execution_context
        allowed = context.context.introspection
        self._checked = check_document(context.schema._schema, context.query or "", introspection=allowed)
        if not self._checked.errors:
            # `operation_name` would be that of the first operation where the client has named none.
            self._plan = self._checked.plan(context._provided_operation_name)
            context.context.read_only(self._checked.parts)
        context.graphql_document = self._checked.document

    def on_validate(self) -> None:  # type: ignore[override]  # as above
        self.execution_context.pre_execution_errors = self._refusals()
        _forget_undeclared_variables(self.execution_context)

    def _refusals(self) -> list[GraphQLError]:
        if self._plan is None:
            return list(self._checked.errors)
        cost = self._plan.cost(self.execution_context.variables)
        if cost > MAX_COST:
            return [_too_dear(cost)]
        self._cost = cost
        return []

    def get_results(self) -> dict[str, Any]:
        return {} if self._cost is None else {"cost": {"requested": self._cost, "maximum": MAX_COST}}


def _forget_undeclared_variables(context: ExecutionContext) -> None:
    """They mean nothing (GraphQL specification, 6.1.2), and would be kept for as long as a subscription is open."""
    operation = context.graphql_document and get_operation_ast(context.graphql_document, context.operation_name)
    declared = {each.variable.name.value for each in operation.variable_definitions or ()} if operation else set()
    context.variables = {name: value for name, value in (context.variables or {}).items() if name in declared}


def _too_dear(cost: int) -> GraphQLError:
    told = min(cost, MAX_TOLD_COST)
    problem = f"The operation costs {told:,}, the most is {MAX_COST:,}: ask for smaller pages, or less of each item."
    return GraphQLError(problem, extensions={"code": QUERY_TOO_COMPLEX, "cost": told, "maximumCost": MAX_COST})
