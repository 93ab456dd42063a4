"""The endpoints on stored completions: list, read, follow, change, stop and delete them."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from app.api.identity import Identify
from app.api.rest.completion_id import completion_id, parse_completion_id
from app.api.rest.completion_metadata import CONVERSATION_KEY, METADATA_SCHEMA, completion_metadata
from app.api.rest.completion_query import (
    LIST_PARAMETERS,
    MESSAGES_PARAMETERS,
    STREAM_PARAMETERS,
    completion_query,
    flag,
    message_window,
    resume_point,
)
from app.api.rest.in_flight import InFlight
from app.api.rest.invalid_json import invalid_json
from app.api.rest.openai_errors import OpenAIError, OpenAIRoute, RequestRefused
from app.api.rest.openapi_stored import (
    STORED,
    STORED_DELETION,
    STORED_LIST,
    STORED_MESSAGES,
    STORED_STREAM,
    STORED_UPDATE,
)
from app.api.rest.request_body import read_request
from app.api.rest.stored_format import (
    deleted_completion,
    object_list,
    place_headers,
    stored_completion,
    stored_message,
)
from app.api.rest.stored_stream import StoredStream
from app.api.rest.stream_spelling import stream_spelling
from app.api.rest.watched_replies import WatchedReplies
from app.chat.errors import BadInput, ShuttingDown
from app.chat.records import Completion
from app.chat.service import Chat

COMPLETIONS = "/v1/chat/completions"
COMPLETION = f"{COMPLETIONS}/{{id}}"

_UPDATE = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["metadata"],
                    "properties": {"metadata": METADATA_SCHEMA},
                }
            }
        },
    }
}


def stored_completions_router(chat: Chat, *, identify: Identify, in_flight: InFlight) -> APIRouter:
    router = APIRouter(route_class=OpenAIRoute, tags=["chat"], default_response_class=Response)
    _add_reading(router, chat, identify)
    _add_following(router, chat, identify, in_flight)
    _add_changing(router, chat, identify)
    return router


def _add_reading(router: APIRouter, chat: Chat, identify: Identify) -> None:
    @router.get(
        COMPLETIONS,
        summary="List stored completions",
        responses=STORED_LIST,
        openapi_extra={"parameters": LIST_PARAMETERS},
    )
    async def list_completions(request: Request) -> Response:
        owner = (await identify(request)).owner
        page = await chat.completions.page(owner, completion_query(request.query_params))
        return _json(object_list([stored_completion(each) for each in page.items], has_more=page.has_more))

    @router.get(COMPLETION, summary="Read a stored completion, as it is now", responses=STORED)
    async def retrieve_completion(id: str, request: Request) -> Response:
        owner = (await identify(request)).owner
        return _stored(await chat.completions.get(owner, parse_completion_id(id)))

    @router.get(
        f"{COMPLETION}/messages",
        summary="List the messages that a stored completion answers",
        responses=STORED_MESSAGES,
        openapi_extra={"parameters": MESSAGES_PARAMETERS},
    )
    async def list_messages(id: str, request: Request) -> Response:
        owner = (await identify(request)).owner
        window = message_window(request.query_params)
        page = await chat.completions.prompt(owner, parse_completion_id(id), window)
        items = list(reversed(page.items)) if window.backward else page.items
        more = page.has_previous if window.backward else page.has_next
        return _json(object_list([stored_message(each) for each in items], has_more=more))


def _add_following(router: APIRouter, chat: Chat, identify: Identify, in_flight: InFlight) -> None:
    @router.get(
        f"{COMPLETION}/stream",
        summary="Follow a stored completion from where the caller left off",
        responses=STORED_STREAM,
        openapi_extra={"parameters": STREAM_PARAMETERS},
    )
    async def stream_completion(id: str, request: Request) -> Response:
        owner = (await identify(request)).owner
        if not chat.turns.accepting:
            raise ShuttingDown
        with_usage = flag(request.query_params, "include_usage")
        completion = await chat.completions.get(owner, parse_completion_id(id))
        replies = [each.id for each in completion.replies]
        after, said_by = resume_point(request.headers, request.query_params, len(replies))
        watched = WatchedReplies(chat.history, owner, replies, after, in_flight, said_by=said_by)
        spelling = stream_spelling(request.headers.get("user-agent"))
        return StoredStream(completion, watched, after, with_usage=with_usage, spelling=spelling)


def _add_changing(router: APIRouter, chat: Chat, identify: Identify) -> None:
    @router.post(
        COMPLETION,
        summary="Change the metadata of a stored completion",
        responses=STORED_UPDATE,
        openapi_extra=_UPDATE,
    )
    async def update_completion(id: str, request: Request) -> Response:
        owner = (await identify(request)).owner
        metadata = await read_request(request, _new_metadata)
        return _stored(await chat.completions.set_metadata(owner, parse_completion_id(id), metadata))

    @router.post(
        f"{COMPLETION}/cancel",
        summary="Stop a stored completion, whoever generates it; what was said is kept",
        responses=STORED,
    )
    async def cancel_completion(id: str, request: Request) -> Response:
        owner = (await identify(request)).owner
        completion = await chat.completions.get(owner, parse_completion_id(id))
        await asyncio.gather(*(chat.turns.stop(owner, reply.id) for reply in completion.replies))
        return _stored(await chat.completions.get(owner, completion.id))

    @router.delete(
        COMPLETION,
        summary="Delete a stored completion and the messages that came with it",
        responses=STORED_DELETION,
    )
    async def delete_completion(id: str, request: Request) -> Response:
        owner = (await identify(request)).owner
        key = parse_completion_id(id)
        await chat.completions.delete(owner, key)
        return _json(deleted_completion(completion_id(key)))


def _new_metadata(body: bytes) -> dict[str, str]:
    """Raises:
    RequestRefused, BadInput: it is not JSON, or not `{"metadata": {…}}` within the limits.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(invalid_json(body, str(error))) from None
    if not isinstance(value, dict) or "metadata" not in value:
        message = "metadata: Field required"
        raise RequestRefused(
            OpenAIError(HTTPStatus.BAD_REQUEST, message, "missing_required_parameter", "metadata")
        ) from None
    metadata = completion_metadata(value["metadata"])
    if CONVERSATION_KEY in metadata:
        raise BadInput(f"metadata.{CONVERSATION_KEY}", "is decided when the completion is created")
    return metadata


def _stored(completion: Completion) -> Response:
    return _json(stored_completion(completion), place_headers(completion))


def _json(content: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), headers=headers, media_type="application/json")
