"""How a stored reply that ended badly is told: by the status that its code stands for, and where its text is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from app.api.errors import HTTP_STATUS
from app.api.rest.completion_id import completion_id
from app.api.rest.openai_errors import OpenAIError
from app.chat.identifiers import CONVERSATION, MESSAGE, to_text
from app.chat.records import Message
from app.chat.status import MessageStatus

_KNOWN_CODES: Final[Mapping[str, int]] = {
    **{code.value: status for code, status in HTTP_STATUS.items()},
    "UPSTREAM_TIMEOUT": HTTPStatus.GATEWAY_TIMEOUT,
    "rate_limit_exceeded": HTTPStatus.TOO_MANY_REQUESTS,
    "insufficient_quota": HTTPStatus.TOO_MANY_REQUESTS,
    "model_not_found": HTTPStatus.NOT_FOUND,
    "context_length_exceeded": HTTPStatus.BAD_REQUEST,
}
"""Codes whose meaning is the same wherever they come from. All others are an upstream's own."""

_REFUSALS: Final = frozenset({400, 413, 422})
"""Statuses by which an upstream said that the request itself is at fault."""

NOT_AGAIN: Final = {"x-should-retry": "false"}
"""SDKs ask again by themselves where a status looks like it: that would store a second completion beside this one."""


class ReplyEndedBadly(Exception):
    def __init__(self, error: OpenAIError) -> None:
        super().__init__(error.message)
        self.error = error


def reply_error(reply: Message) -> OpenAIError | None:
    """None where there is nothing wrong with it: it goes on, is complete, or was stopped by who wanted that."""
    if reply.status is MessageStatus.INTERRUPTED:
        message = (
            f"the completion was interrupted; what it said is stored as {to_text(MESSAGE, reply.id)} "
            f"in {to_text(CONVERSATION, reply.conversation_id)}"
        )
        if reply.turn_id:
            message += f": GET /v1/chat/completions/{completion_id(reply.turn_id)}"
        return OpenAIError(
            HTTPStatus.SERVICE_UNAVAILABLE, message, MessageStatus.INTERRUPTED.value, headers=dict(NOT_AGAIN)
        )
    if reply.status is not MessageStatus.FAILED:
        return None
    if reply.error is None:
        return OpenAIError(HTTPStatus.BAD_GATEWAY, "the completion failed", headers=dict(NOT_AGAIN))
    return OpenAIError(_status(reply.error.code), reply.error.message, reply.error.code, headers=dict(NOT_AGAIN))


def _status(code: str) -> int:
    if (known := _KNOWN_CODES.get(code)) is not None:
        return known
    if (found := re.fullmatch(r"http_(\d{3})", code)) and int(found[1]) in _REFUSALS:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.BAD_GATEWAY
