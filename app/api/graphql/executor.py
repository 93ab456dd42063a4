"""How an operation is executed: Strawberry's executor, with graphql-core's growth per subscription event mended."""

from __future__ import annotations

from typing import Any

from graphql import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class LeanExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core 3.3.1 and 3.3.2 copy the subscription's executor for each event but let all copies share one memo
    of collected sub-fields, keyed by the identity of lists that are made anew for each event: it only grows, and is
    never hit twice.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor
