"""The schema: names, arguments and meanings are the public contract."""

from __future__ import annotations

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from app.api.graphql.checked_operation import CheckedOperation
from app.api.graphql.completion_event import CompletionDelta, CompletionEnd, CompletionSnapshot
from app.api.graphql.errors import present
from app.api.graphql.executor import CompilingExecutor
from app.api.graphql.extensions_runner import LeanExtensionsRunner
from app.api.graphql.mutation import Mutation
from app.api.graphql.planned_input import plan_inputs
from app.api.graphql.query import Query
from app.api.graphql.scalars import SCALARS
from app.api.graphql.subscription import Subscription


class Schema(strawberry.Schema):
    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> LeanExtensionsRunner:
        return LeanExtensionsRunner(execution_context, extensions)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Puts in place of each error what the client may see of it. Strawberry calls this only when there are any."""
        errors[:] = [present(each) for each in errors]


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[CompletionDelta, CompletionSnapshot, CompletionEnd],  # which nothing names but the interface
    extensions=[CheckedOperation],
    execution_context_class=CompilingExecutor,
    config=StrawberryConfig(scalar_map=SCALARS),
)
plan_inputs(schema)
