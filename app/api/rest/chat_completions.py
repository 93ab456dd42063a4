"""`POST /v1/chat/completions`."""

from __future__ import annotations

import time
import uuid
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from app.api.disconnect import CLIENT_CLOSED_REQUEST, until_disconnect
from app.api.identity import Identify
from app.api.rest.chat_request import ChatCompletionRequest, parse_chat_request
from app.api.rest.choices import Choices, choice_requests
from app.api.rest.completion_format import ChunkEncoder, CompletionHead
from app.api.rest.completion_stream import CompletionStream
from app.api.rest.in_flight import InFlight
from app.api.rest.inlined_schema import inlined
from app.api.rest.openai_errors import OpenAIRoute
from app.api.rest.openapi_examples import COMPLETION_EXAMPLES
from app.api.rest.openapi_responses import COMPLETION
from app.api.rest.request_body import read_request
from app.api.rest.stored_creation import create_stored
from app.api.rest.stream_spelling import stream_spelling
from app.api.rest.transcript import Transcript, transcribe
from app.chat.completion import CompletionRequest
from app.chat.errors import ShuttingDown
from app.chat.idempotency import MAX_IDEMPOTENCY_KEY_CHARACTERS, check_idempotency_key
from app.chat.service import Chat

IDEMPOTENCY_KEY: Final = "Idempotency-Key"

_DOCUMENTED = {
    "parameters": [
        {
            "name": IDEMPOTENCY_KEY,
            "in": "header",
            "required": False,
            "description": "With `store`: the same request with the same key is answered once, and read again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY_CHARACTERS},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": inlined(ChatCompletionRequest.model_json_schema()),
                "examples": COMPLETION_EXAMPLES,
            }
        },
    },
}


def chat_completions_router(chat: Chat, *, identify: Identify, in_flight: InFlight) -> APIRouter:
    router = APIRouter(route_class=OpenAIRoute, tags=["chat"])

    @router.post(
        "/v1/chat/completions",
        summary="Create a chat completion",
        response_class=Response,
        responses=COMPLETION,
        openapi_extra=_DOCUMENTED,
    )
    @router.post("/chat/completions", include_in_schema=False)  # Prediction Guard's own address ends before /v1
    async def create_chat_completion(request: Request) -> Response:
        owner = (await identify(request)).owner
        if not chat.turns.accepting:
            raise ShuttingDown
        asked = await read_request(request, parse_chat_request)
        key = _idempotency_key(request)
        if asked.store:
            return await create_stored(chat, owner, asked, key, request, in_flight)
        served = await chat.models.resolve(asked.model)
        await served.admit(owner)
        n = asked.n or 1
        prompt = asked.prompt
        completion = CompletionRequest(served.upstream_name, prompt, asked.parameters(), user=asked.user, owner=owner)
        choices = Choices(served, choice_requests(completion, n), in_flight)
        head = CompletionHead(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), served.model.id)
        if asked.stream:
            spelling = stream_spelling(request.headers.get("user-agent"))
            encoder = ChunkEncoder(head, n, with_usage=asked.include_usage, spelling=spelling)
            return CompletionStream(choices, encoder, Transcript(prompt, n) if asked.include_usage else None)
        try:
            whole = await until_disconnect(request.receive, transcribe(choices, Transcript(prompt, n)))
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        return Response(head.completion(whole.choices(), whole.usage()), media_type="application/json")

    return router


def _idempotency_key(request: Request) -> str | None:
    """Checked also where nothing is stored and it means nothing: who sends a wrong one learns of it at once."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None:
        check_idempotency_key(key, IDEMPOTENCY_KEY)
    return key
