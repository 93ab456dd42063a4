"""A GraphQL request as every transport carries it: GraphQL over HTTP, 5.1 (request parameters)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class BadRequest(ValueError):
    """The parameters are not those of a GraphQL request."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


def read_request(parameters: object) -> GraphQLRequest:
    """Raises:
    BadRequest: a parameter is missing or of the wrong type; unknown ones are let be, as the specification has it.
    """
    if not isinstance(parameters, dict):
        raise BadRequest("A GraphQL request is a JSON object; batches are not taken")
    query = parameters.get("query")
    if not isinstance(query, str) or not query:
        raise BadRequest("`query` must be a string that is not empty")
    return GraphQLRequest(
        query,
        _optional(parameters, "variables", dict, "an object"),
        _optional(parameters, "operationName", str, "a string"),
        _optional(parameters, "extensions", dict, "an object"),
    )


def _optional(parameters: dict[str, Any], name: str, kind: type, called: str) -> Any:
    value = parameters.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(f"`{name}` must be {called} or null")
    return value
