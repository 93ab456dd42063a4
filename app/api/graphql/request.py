"""A GraphQL request as every transport carries it: GraphQL over HTTP, 5.1 (request parameters)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class BadRequest(ValueError):
    """The parameters are not those of a GraphQL request."""


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """What a client sends. It is not run as it is: `PersistedDocuments` makes the request of it, or refuses."""

    query: str | None
    """None only where the document is named instead."""
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What is run."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


def read_request(parameters: object) -> RequestParameters:
    """Raises:
    BadRequest: a parameter is missing or of the wrong type; unknown ones are let be, as the specification has it.
    """
    if not isinstance(parameters, dict):
        raise BadRequest("A GraphQL request is a JSON object; batches are not taken")
    query = parameters.get("query")
    if query in (None, "") and _names_document(parameters):
        query = None  # clients whose types want a string, such as graphql-ws, send an empty one beside the name
    elif not isinstance(query, str) or not query:
        raise BadRequest("`query` must be a string that is not empty")
    return RequestParameters(
        query,
        _optional(parameters, "variables", dict, "an object"),
        _optional(parameters, "operationName", str, "a string"),
        _optional(parameters, "extensions", dict, "an object"),
        _optional(parameters, "documentId", str, "a string"),
    )


def _names_document(parameters: dict[str, Any]) -> bool:
    extensions = parameters.get("extensions")
    automatic = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    return parameters.get("documentId") not in (None, "") or automatic is not None


def _optional(parameters: dict[str, Any], name: str, kind: type, called: str) -> Any:
    value = parameters.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(f"`{name}` must be {called} or null")
    return value
