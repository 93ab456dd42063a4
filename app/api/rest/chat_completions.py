"""`POST /v1/chat/completions`."""

from __future__ import annotations

import time
import uuid

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from app.api.identity import Identify
from app.api.rest.chat_request import ChatCompletionRequest, parse_chat_request
from app.api.rest.choices import Choices, choice_requests
from app.api.rest.completion_format import ChunkEncoder, CompletionHead
from app.api.rest.completion_stream import CompletionStream
from app.api.rest.disconnect import until_disconnect
from app.api.rest.in_flight import InFlight
from app.api.rest.inlined_schema import inlined
from app.api.rest.openai_errors import OpenAIRoute
from app.api.rest.request_body import read_body
from app.api.rest.transcript import Transcript
from app.chat.completion import CompletionRequest
from app.chat.errors import ShuttingDown
from app.chat.service import Chat

CLIENT_CLOSED_REQUEST = 499
"""For the log alone: there is nobody to read it."""

_DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined(ChatCompletionRequest.model_json_schema())}},
    }
}


def chat_completions_router(chat: Chat, *, identify: Identify, in_flight: InFlight) -> APIRouter:
    router = APIRouter(route_class=OpenAIRoute, tags=["chat"])

    @router.post(
        "/v1/chat/completions",
        summary="Create a chat completion",
        response_class=Response,
        openapi_extra=_DOCUMENTED,
    )
    async def create_chat_completion(request: Request) -> Response:
        identify(request)
        if not chat.turns.accepting:
            raise ShuttingDown
        asked = parse_chat_request(await read_body(request))
        served = await chat.models.resolve(asked.model)
        n = asked.n or 1
        prompt = asked.prompt()
        completion = CompletionRequest(served.upstream_name, prompt, asked.parameters(), user=asked.user)
        choices = Choices(served, choice_requests(completion, n), in_flight)
        head = CompletionHead(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), served.model.id)
        if asked.stream:
            encoder = ChunkEncoder(head, n, with_usage=asked.include_usage)
            return CompletionStream(choices, encoder, Transcript(prompt, n) if asked.include_usage else None)
        try:
            whole = await until_disconnect(request.receive, _whole(choices, Transcript(prompt, n)))
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        return Response(head.completion(whole.choices(), whole.usage()), media_type="application/json")

    return router


async def _whole(choices: Choices, transcript: Transcript) -> Transcript:
    async with choices:
        while not choices.over:
            transcript.add(await choices.ready())
    return transcript
