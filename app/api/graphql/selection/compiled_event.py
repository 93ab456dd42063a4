"""One event of a subscription, executed by a compiled selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import ExecutionResult, Executor
from graphql.pyutils import AwaitableOrValue

from app.api.graphql.selection.execution import Execution
from app.api.graphql.selection.generated_function import Completion


class CompiledEvent:
    """Stands for the executor that graphql-core makes for each event, of which it asks one thing only.

    Args:
        name: of the root field, in the response.
        completion: of that field, of which the event is the value.
        execution: of the subscription.
        ordinary: gives the executor that does for every event.
    """

    __slots__ = ("_completion", "_execution", "_name", "_ordinary", "_payload")

    def __init__(
        self,
        name: str,
        completion: Completion,
        payload: Any,
        execution: Execution,
        ordinary: Callable[[Any], Executor[Any]],
    ) -> None:
        self._name = name
        self._completion = completion
        self._payload = payload
        self._execution = execution
        self._ordinary = ordinary

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Any]:
        try:
            data = {self._name: self._completion(self._payload, self._execution)}
        except Exception:
            return self._ordinary(self._payload).execute_operation(serially)
        return ExecutionResult(data, None)
