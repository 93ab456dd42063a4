"""An operation as a stream of responses: one for a query or a mutation, one per event for a subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.api.graphql.context import Context
from app.api.graphql.errors import present
from app.api.graphql.request import GraphQLRequest
from app.api.graphql.schema import schema

Response = dict[str, Any]


class Failed(Exception):
    """The operation has no response, or no more: the request does not parse, does not validate, asks for what is not
    there, or the source of its events broke off.
    """

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("; ".join(each.message for each in errors))
        self.errors = [each.formatted for each in errors]


async def responses(
    request: GraphQLRequest, context: Context, allowed: Iterable[OperationType] | None = None
) -> AsyncGenerator[Response, None]:
    """Closing it closes what a subscription's resolver has opened.

    Args:
        allowed: what kinds of operation; None is all of them.

    Raises:
        Failed: instead of a response; nothing follows.
    """
    stream = await schema.stream(
        request.query,
        variable_values=request.variables,
        context_value=context,
        operation_name=request.operation_name,
        allowed_operation_types=allowed,
    )
    del request  # a subscription may be open for hours, and its request may be megabytes
    async with aclosing(stream):
        try:
            async for result in stream:
                if not isinstance(result, ExecutionResult):
                    raise TypeError("incremental delivery, which is not enabled")
                if has_no_data(result):
                    raise Failed(result.errors or ())
                yield response(result)
                if context.events:
                    async with aclosing(context.events.completed()) as completed:
                        async for data in completed:
                            yield {"data": data}
        except GraphQLError as error:  # CheckedOperation finds no document, or no operation in it
            raise Failed([present(error)]) from None
        finally:
            context.leave_room()
            context.events = None  # they refer to it: both would stay until Python looks for garbage cycles


def has_no_data(result: ExecutionResult) -> bool:
    """Whether nothing was run, so that there is no `data` in the response (GraphQL specification, 7.1.2)."""
    if isinstance(result, PreExecutionError):
        return True
    return result.data is None and bool(result.errors) and not any(each.path for each in result.errors or ())


def response(result: ExecutionResult) -> Response:
    """The response map of the GraphQL specification, 7.1."""
    formed: Response = {"data": result.data}
    if result.errors:
        formed["errors"] = [each.formatted for each in result.errors]
    if result.extensions and not has_no_data(result):
        formed["extensions"] = result.extensions
    return formed
