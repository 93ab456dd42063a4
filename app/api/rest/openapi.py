"""The OpenAPI document of the REST API: what FastAPI gathers from the routes, and what it cannot know."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from app.api.rest.openapi_keys import want_keys
from app.api.rest.openapi_objects import ChatCompletionChunk
from app.api.rest.openapi_responses import COMPONENTS

OPENAPI_VERSION: Final = "3.2.0"
"""The first that has a word for streams of events, `itemSchema`."""

_DESCRIPTION: Final = """
Chat completions as OpenAI has them, on every model that this server has; and as Scale's EGP has them.
The official SDKs work with `/v1` of this server as their `base_url`, and any `api_key`.

With `store` a completion is a turn of a conversation, which [GraphQL](/graphql) sees, watches and stops too; the
headers `x-conversation-id` and `x-message-id` say which. `metadata.conversation_id` goes on in one. A stream that broke
off is resumed at `/v1/chat/completions/{id}/stream` with the id of the last event as `Last-Event-ID`.
"""

_TAGS: Final = [
    {"name": "chat", "description": "Completions, streamed or whole; with `store` they are kept."},
    {"name": "models", "description": "Who answers."},
    {"name": "egp", "description": "The same models, in the words of Scale's EGP."},
    {"name": "health", "description": "For whoever starts and restarts the server."},
]

_ONLY_REFERRED_TO: Final = (ChatCompletionChunk,)
"""Objects that stand in no answer by themselves, so that FastAPI does not know of them."""

_NEVER_SENT: Final = ("HTTPValidationError", "ValidationError")
"""FastAPI's own errors: requests are read by the endpoints themselves."""


class DocumentedAPI(FastAPI):
    """The application, whose document is served at `/openapi.json`.

    Args:
        wants_keys: whether callers have to show a key.
    """

    def __init__(self, *, wants_keys: bool = False, **options: Any) -> None:
        super().__init__(
            title="Parley",
            description=_DESCRIPTION.strip(),
            openapi_tags=_TAGS,
            docs_url=None,
            redoc_url=None,
            **options,
        )
        self.openapi_version = OPENAPI_VERSION
        self._wants_keys = wants_keys

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        _drop_what_is_never_sent(document)
        document.setdefault("components", {}).setdefault("schemas", {}).update(_schemas(_ONLY_REFERRED_TO))
        if self._wants_keys:
            want_keys(document)
        return document


def _schemas(models: tuple[Any, ...]) -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(each, "validation") for each in models], ref_template=f"{COMPONENTS}{{model}}"
    )
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _drop_what_is_never_sent(document: dict[str, Any]) -> None:
    references = {f"{COMPONENTS}{name}" for name in _NEVER_SENT}
    for operations in document["paths"].values():
        for operation in operations.values():
            schema = operation["responses"].get("422", {}).get("content", {}).get("application/json", {}).get("schema")
            if schema and schema.get("$ref") in references:
                del operation["responses"]["422"]
    for name in _NEVER_SENT:
        document.get("components", {}).get("schemas", {}).pop(name, None)
