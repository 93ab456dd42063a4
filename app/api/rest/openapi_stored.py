"""The answers of the endpoints on stored completions as their decorators name them for the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from app.api.rest.openapi_objects import (
    DeletedCompletion,
    Error,
    StoredCompletion,
    StoredCompletionList,
    StoredMessageList,
)
from app.api.rest.openapi_responses import (
    CHUNK_EVENTS,
    PLACE_HEADERS,
    ErrorExample,
    Responses,
    answers,
    chunk_stream,
    refusals,
)

_BAD, _AWAY = HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE
_NONE, _LARGE = HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE

_COMPLETION: Final[Responses] = {
    int(HTTPStatus.OK): {
        "model": StoredCompletion,
        "description": "The completion, as it is now.",
        "headers": PLACE_HEADERS,
    }
}

_NOT_FOUND: Final[ErrorExample] = {
    "message": "completion does not exist",
    "type": "invalid_request_error",
    "param": None,
    "code": "not_found",
}


def _refusals(*statuses: HTTPStatus) -> Responses:
    return refusals(*statuses, examples={_NONE: _NOT_FOUND})


STORED_LIST: Final[Responses] = {**answers(StoredCompletionList, "A page of them."), **_refusals(_BAD, _AWAY)}
STORED: Final[Responses] = {**_COMPLETION, **_refusals(_NONE, _AWAY)}
STORED_UPDATE: Final[Responses] = {**_COMPLETION, **_refusals(_BAD, _NONE, _LARGE, _AWAY)}
STORED_MESSAGES: Final[Responses] = {
    **answers(StoredMessageList, "A page of them; the last of all is the one that was posted."),
    **_refusals(_BAD, _NONE, _AWAY),
}
STORED_DELETION: Final[Responses] = {
    **answers(DeletedCompletion, "It is gone."),
    **_refusals(_NONE, _AWAY),
    int(HTTPStatus.CONFLICT): {
        "model": Error,
        "description": "The conversation goes on below it: delete what follows first.",
    },
}
STORED_STREAM: Final[Responses] = {
    int(HTTPStatus.OK): {
        "description": "The events after the one that the caller has, and those to come. Once the log is trimmed there "
        "is one with the whole text, for callers who have none of it; all others get a 410.",
        "content": chunk_stream(f"id: 1\n{CHUNK_EVENTS}"),
        "headers": PLACE_HEADERS,
    },
    **_refusals(_BAD, _NONE, HTTPStatus.GONE, _AWAY),
}
