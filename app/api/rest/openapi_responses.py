"""The answers of the REST endpoints as their decorators name them for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from app.api.rest.openapi_objects import Answer, ChatCompletion, ChatCompletionChunk, Error, StoredCompletion
from app.api.rest.request_body import MAX_BODY_BYTES

Responses = dict[int | str, dict[str, Any]]

COMPONENTS: Final = "#/components/schemas/"

_REASONS: Final[dict[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "The request is wrong; `param` names the field. Or the upstream refuses it.",
    HTTPStatus.NOT_FOUND: "There is no such thing here, or it is somebody else's.",
    HTTPStatus.CONFLICT: "A reply in the conversation is in flight.",
    HTTPStatus.GONE: "The log was trimmed, so there is nothing to resume; the completion itself has the whole text.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The body has more than {MAX_BODY_BYTES:,} bytes.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This idempotency key came before with another payload.",
    HTTPStatus.TOO_MANY_REQUESTS: "The upstream has been asked too much; `Retry-After` says when to come back.",
    HTTPStatus.BAD_GATEWAY: "The upstream failed before it said anything.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The server is stopping, or its database is away: try again.",
    HTTPStatus.GATEWAY_TIMEOUT: "The upstream kept silent for too long.",
}

ErrorExample = dict[str, str | None]

EXAMPLES: Final[dict[HTTPStatus, ErrorExample]] = {
    HTTPStatus.BAD_REQUEST: {
        "message": "temperature: Input should be less than or equal to 2",
        "type": "invalid_request_error",
        "param": "temperature",
        "code": "invalid_value",
    },
    HTTPStatus.NOT_FOUND: {
        "message": "the model 'gpt-unknown' is not served here; GET /v1/models lists those that are",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    },
}

_RETRY_AFTER: Final = {
    "Retry-After": {"description": "In seconds, where the upstream tells.", "schema": {"type": "integer", "minimum": 0}}
}


def refusals(
    *statuses: HTTPStatus, model: type[Answer] = Error, examples: Mapping[HTTPStatus, ErrorExample] = EXAMPLES
) -> Responses:
    """Errors by status; in OpenAI's shape, unless told otherwise."""
    return {int(status): _refusal(status, model, examples) for status in statuses}


def _refusal(status: HTTPStatus, model: type[Answer], examples: Mapping[HTTPStatus, ErrorExample]) -> dict[str, Any]:
    response: dict[str, Any] = {"model": model, "description": _REASONS[status]}
    if model is Error and status in examples:
        response["content"] = {"application/json": {"example": {"error": examples[status]}}}
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        response["headers"] = _RETRY_AFTER
    return response


def answers(model: type[Answer], description: str) -> Responses:
    """What is answered when all is well, as JSON."""
    return {int(HTTPStatus.OK): {"model": model, "description": description}}


def event_stream(chunk: type[Answer], error: type[Answer], example: str, *, end: str | None = None) -> dict[str, Any]:
    """A media type of server-sent events.

    Args:
        chunk: what the data of each event is, as JSON.
        error: what it is of the last one, if it all ends badly.
        end: what it is of the last one, if all is well.
    """
    objects = [_json(each) for each in (chunk, error)]
    event = {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": {"anyOf": [*objects, {"const": end}] if end else objects},
            "id": {"type": "string", "description": "Of a stored completion: what `Last-Event-ID` resumes after."},
        },
    }
    return {"text/event-stream": {"itemSchema": event, "example": example}}


def _json(model: type[Answer]) -> dict[str, Any]:
    reference = {"$ref": COMPONENTS + model.__name__}
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": reference}


def chunk_stream(example: str) -> dict[str, Any]:
    """The chunks of a completion as OpenAI sends them."""
    return event_stream(ChatCompletionChunk, Error, example, end="[DONE]")


_CHUNK: Final = (
    '{"id":"chatcmpl-5f1a","object":"chat.completion.chunk","created":1795264000,"model":"demo",'
    '"system_fingerprint":null,"choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}]}'
)
CHUNK_EVENTS: Final = f"data: {_CHUNK}\n\ndata: [DONE]\n\n"

PLACE_HEADERS: Final = {
    "x-conversation-id": {
        "description": "With `store`: the conversation, as GraphQL knows it.",
        "schema": {"type": "string", "pattern": "^conv_"},
    },
    "x-message-id": {
        "description": "With `store`: the reply, as GraphQL knows it; with `n` the replies, with commas.",
        "schema": {"type": "string", "pattern": "^msg_"},
    },
}

COMPLETION: Final[Responses] = {
    int(HTTPStatus.OK): {
        "model": ChatCompletion | StoredCompletion,
        "description": "The completion; with `stream` its chunks as they are made. Once a stream has begun, an error "
        "is an event of its own, in the shape that it has as an answer.",
        "content": chunk_stream(CHUNK_EVENTS),
        "headers": PLACE_HEADERS,
    },
    **refusals(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    ),
}
