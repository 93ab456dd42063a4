"""`POST /egp/v1/chat-completions`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from app.api.disconnect import CLIENT_CLOSED_REQUEST, until_disconnect
from app.api.identity import Identify
from app.api.rest.choices import Choices
from app.api.rest.completion_stream import CompletionStream
from app.api.rest.egp.chat_request import EgpChatRequest, parse_egp_request
from app.api.rest.egp.completion_format import EgpEncoder, whole_completion
from app.api.rest.egp.errors import EgpRoute, egp_error
from app.api.rest.egp.openapi_responses import EGP_COMPLETION
from app.api.rest.in_flight import InFlight
from app.api.rest.inlined_schema import inlined
from app.api.rest.openapi_examples import EGP_EXAMPLES
from app.api.rest.request_body import read_request
from app.api.rest.transcript import Transcript, transcribe
from app.chat.completion import CompletionRequest
from app.chat.errors import ShuttingDown
from app.chat.service import Chat

_DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": inlined(EgpChatRequest.model_json_schema()), "examples": EGP_EXAMPLES}
        },
    }
}


def egp_router(chat: Chat, *, identify: Identify, in_flight: InFlight) -> APIRouter:
    router = APIRouter(route_class=EgpRoute, tags=["egp"])

    @router.post(
        "/egp/v1/chat-completions",
        summary="Create a chat completion, as Scale's EGP has it",
        response_class=Response,
        responses=EGP_COMPLETION,
        openapi_extra=_DOCUMENTED,
    )
    async def create_egp_chat_completion(request: Request) -> Response:
        owner = (await identify(request)).owner
        if not chat.turns.accepting:
            raise ShuttingDown
        asked = await read_request(request, parse_egp_request)
        served = await chat.models.resolve(asked.model)
        await served.admit(owner)
        prompt = asked.prompt
        completion = CompletionRequest(served.upstream_name, prompt, asked.parameters(), owner=owner)
        choices = Choices(served, [completion], in_flight)
        transcript = Transcript(prompt, 1)
        if asked.stream:
            return CompletionStream(choices, EgpEncoder(), transcript, egp_error)
        try:
            whole = await until_disconnect(request.receive, transcribe(choices, transcript))
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        (answer,) = whole.choices()
        body = whole_completion(answer.content, answer.reason, whole.usage())
        return Response(body, media_type="application/json")

    return router
