"""The answers of EGP's endpoint as its decorator names them for the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from app.api.rest.egp.openapi_objects import EgpCompletion, EgpErrorAnswer
from app.api.rest.openapi_responses import Responses, event_stream, refusals

_SAID: Final = "Hello! I'm an AI assistant here to help you with your questions."
_EXAMPLE: Final = {
    "chat_completion": {
        "message": {"role": "agent", "content": _SAID, "tool_request": None},
        "finish_reason": None,
    },
    "token_usage": {"prompt": 71, "completion": 45, "total": 116},
}
_EVENT: Final = (
    'data: {"chat_completion":{"message":{"role":"agent","content":"Hello!","tool_request":null},'
    '"finish_reason":null},"token_usage":null}\n\n'
)

EGP_COMPLETION: Final[Responses] = {
    int(HTTPStatus.OK): {
        "model": EgpCompletion,
        "description": "The completion; with `stream` its text as it is made. The last event has the token counts.",
        "content": {"application/json": {"example": _EXAMPLE}, **event_stream(EgpCompletion, EgpErrorAnswer, _EVENT)},
    },
    **refusals(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
        model=EgpErrorAnswer,
    ),
    int(HTTPStatus.UNPROCESSABLE_ENTITY): {
        "model": EgpErrorAnswer,
        "description": "The request is wrong; `detail` names each field that is.",
    },
}
