"""One operation executed in the ordinary way and by compiled selections, and all that can be told of each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    subscribe,
)
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

ORDINARY = StrawberryGraphQLCoreExecutionContext


@dataclass
class Execution:
    """Args:
    results: the data as JSON, which has its keys in order, and the errors, of each response.
    executed: the fields that graphql-core was asked to execute, in that order.
    completed: the types of the objects that graphql-core was asked to complete, one by one.
    """

    results: list[tuple[str, list[Any]]]
    executed: list[str]
    completed: list[str]


async def run(
    executor: type[Executor[Any]],
    schema: GraphQLSchema,
    document: str | DocumentNode,
    context: object,
    variables: Mapping[str, Any] | None = None,
    **options: Any,
) -> Execution:
    """Returns when resolvers have ended, too, for whose results nobody waits any more."""
    executed: list[str] = []
    completed: list[str] = []

    class Watched(executor):  # type: ignore[valid-type,misc]
        def execute_field(self, parent_type: Any, source: Any, details: Any, *rest: Any) -> Any:
            executed.append(f"{parent_type.name}.{details[0].node.name.value}")
            return super().execute_field(parent_type, source, details, *rest)

        def complete_object_value(self, return_type: Any, *rest: Any) -> Any:
            completed.append(return_type.name)
            return super().complete_object_value(return_type, *rest)

    others = asyncio.all_tasks()
    parsed = parse(document) if isinstance(document, str) else document
    given = {"context_value": context, "variable_values": dict(variables or {}), "executor_class": Watched, **options}
    results = [told(each) async for each in _responses(schema, parsed, given)]
    while left := asyncio.all_tasks() - others:
        await asyncio.wait(left)
    return Execution(results, executed, completed)


async def _responses(
    schema: GraphQLSchema, document: DocumentNode, given: dict[str, Any]
) -> AsyncGenerator[ExecutionResult]:
    (operation,) = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    if operation.operation is OperationType.SUBSCRIPTION:
        source = subscribe(schema, document, **given)
    else:
        source = execute(schema, document, is_awaitable=optimized_is_awaitable, **given)  # type: ignore[arg-type]
    found: Any = await source if isawaitable(source) else source
    if isinstance(found, AsyncIterable):
        async for each in found:
            yield each
    else:
        yield found


def told(result: ExecutionResult) -> tuple[str, list[Any]]:
    errors = [
        (each.message, each.path, each.locations, each.extensions, repr(each.original_error))
        for each in result.errors or ()
    ]
    return json.dumps(result.data, default=repr), errors
