"""An operation as a stream of responses: one for a query or a mutation, one per event for a subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from app.api.graphql.context import Context
from app.api.graphql.errors import present
from app.api.graphql.request import GraphQLRequest
from app.api.graphql.schema import schema

Response = dict[str, Any]


class Refused(Exception):
    """Nothing was run: the request does not parse, does not validate, or asks for what is not there."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("; ".join(each.message for each in errors))
        self.errors = [each.formatted for each in errors]


async def responses(request: GraphQLRequest, context: Context) -> AsyncGenerator[Response, None]:
    """Closing it closes what a subscription's resolver has opened.

    Raises:
        Refused: before the first response.
    """
    stream = await schema.stream(
        request.query,
        variable_values=request.variables,
        context_value=context,
        operation_name=request.operation_name,
        operation_extensions=request.extensions,
    )
    async with aclosing(stream):
        try:
            async for result in stream:
                if isinstance(result, PreExecutionError):
                    raise Refused(result.errors or ())
                if isinstance(result, ExecutionResult):  # as it always is: incremental delivery is not enabled
                    yield response(result)
        except GraphQLError as error:  # a document that could not be parsed, raised by our own extension
            raise Refused([present(error)]) from None


def response(result: ExecutionResult) -> Response:
    """The response map of the GraphQL specification, 7.1."""
    formed: Response = {"data": result.data}
    if result.errors:
        formed["errors"] = [each.formatted for each in result.errors]
    return formed
