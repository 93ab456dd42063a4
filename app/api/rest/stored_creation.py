"""`POST /v1/chat/completions` with `store: true`: a turn like any other, and an answer read from its log."""

from __future__ import annotations

from typing import Final

import orjson
from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from app.api.disconnect import CLIENT_CLOSED_REQUEST, until_disconnect
from app.api.rest.chat_request import ChatCompletionRequest
from app.api.rest.completion_metadata import CONVERSATION_KEY, completion_metadata, without_conversation
from app.api.rest.in_flight import InFlight
from app.api.rest.openai_errors import OpenAIError, RequestRefused, openai_error
from app.api.rest.reply_error import reply_error
from app.api.rest.stored_format import place_headers, stored_completion
from app.api.rest.stored_stream import StoredStream, resumable
from app.api.rest.stream_spelling import stream_spelling
from app.api.rest.watched_replies import WatchedReplies, ends
from app.chat.changes import Post, StartedTurn
from app.chat.errors import BadInput, NotFound
from app.chat.records import Completion
from app.chat.service import Chat

_MESSAGES_CONTENT: Final = "messages[0].content"
_FIELDS: Final = {"content": _MESSAGES_CONTENT, "idempotency_key": "Idempotency-Key", "completion_metadata": "metadata"}
"""What the domain's fields are called here."""


async def create_stored(
    chat: Chat, owner: str, asked: ChatCompletionRequest, key: str | None, request: Request, in_flight: InFlight
) -> Response:
    """Returns when the completion is under way, and what streams is yet to be sent, or when it has ended."""
    completion = await _start(chat, owner, asked, key)
    after = (0,) * len(completion.replies)
    watched = WatchedReplies(chat.history, owner, [each.id for each in completion.replies], after, in_flight)
    if asked.stream:
        spelling = stream_spelling(request.headers.get("user-agent"))
        return StoredStream(completion, watched, after, with_usage=asked.include_usage, spelling=spelling)
    headers = place_headers(completion)
    try:
        replies = await until_disconnect(request.receive, ends(watched))
    except ClientDisconnect:
        return Response(status_code=CLIENT_CLOSED_REQUEST)
    except Exception as error:
        return resumable(completion, error).response(headers)
    for reply in replies:
        if failed := reply_error(reply):
            return failed.response(headers)
    ended = Completion(
        completion.id,
        completion.conversation_id,
        completion.message_id,
        completion.created_at,
        tuple(replies),
        completion.metadata,
    )
    return Response(orjson.dumps(stored_completion(ended)), headers=headers, media_type="application/json")


async def _start(chat: Chat, owner: str, asked: ChatCompletionRequest, idempotency_key: str | None) -> Completion:
    """Raises:
    BadInput, NotFound, ConversationBusy, IdempotencyConflict, ModelNotFound, ShuttingDown, StorageUnavailable.
    """
    conversation, metadata = without_conversation(completion_metadata(asked.metadata))
    *before, last = asked.prompt
    post = Post(
        content=last.content,
        conversation_id=conversation,
        role=last.role,
        before=tuple(before),
        model=asked.model,
        parameters=asked.parameters(),
        replies=asked.n or 1,
        idempotency_key=idempotency_key,
        completion_metadata=metadata,
    )
    try:
        return _completion(await chat.turns.continue_with(owner, post), metadata)
    except BadInput as error:
        raise BadInput(_FIELDS.get(error.field, error.field), error.problem) from None
    except NotFound as error:
        not_found = openai_error(error)
        raise RequestRefused(
            OpenAIError(not_found.status, not_found.message, not_found.code, f"metadata.{CONVERSATION_KEY}")
        ) from None


def _completion(started: StartedTurn, metadata: dict[str, str]) -> Completion:
    if started.message.turn_id is None:
        raise AssertionError("unreachable: a message that was posted has a turn")
    return Completion(
        started.message.turn_id,
        started.conversation.id,
        started.message.id,
        started.message.created_at,
        started.replies,
        metadata,
    )
