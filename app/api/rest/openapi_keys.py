"""What the OpenAPI document says of keys where they are wanted; elsewhere no caller meets any of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from app.api.rest.openapi_objects import Error
from app.api.rest.openapi_responses import COMPONENTS

OPEN_TAG: Final = "health"
"""Of operations that need no key."""

_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, made with `parley keys create NAME`."},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same key."},
}

_HEADERS: Final[dict[HTTPStatus, dict[str, Any]]] = {
    HTTPStatus.UNAUTHORIZED: {
        "WWW-Authenticate": {"description": "How to get in.", "schema": {"type": "string", "const": "Bearer"}}
    },
    HTTPStatus.TOO_MANY_REQUESTS: {
        "Retry-After": {"description": "In seconds.", "schema": {"type": "integer", "minimum": 1}}
    },
}

_REASONS: Final = {
    HTTPStatus.UNAUTHORIZED: "No key was sent, or none that is valid.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much was asked with this key lately; `Retry-After` says when to come back.",
}


def want_keys(document: dict[str, Any]) -> None:
    """Adds to a document, in place and once, how a key is sent and what comes of having none."""
    if "securitySchemes" in document["components"]:  # FastAPI gives the same document each time
        return
    document["components"]["securitySchemes"] = dict(_SCHEMES)
    for operations in document["paths"].values():
        for operation in operations.values():
            if OPEN_TAG not in operation["tags"]:
                operation["security"] = [{name: []} for name in _SCHEMES]
                _add_refusals(operation["responses"])


def _add_refusals(responses: dict[str, Any]) -> None:
    """In the shape that the operation's other errors have; OpenAI's, where it has none."""
    told = [answer["content"]["application/json"]["schema"] for status, answer in responses.items() if status >= "400"]
    content = {"application/json": {"schema": told[0] if told else {"$ref": f"{COMPONENTS}{Error.__name__}"}}}
    for status, reason in _REASONS.items():
        known = responses.get(str(int(status)))
        if known:
            known["description"] = f"{known['description']} Or: {reason[0].lower()}{reason[1:]}"
        else:
            responses[str(int(status))] = {"description": reason, "content": content, "headers": _HEADERS[status]}
