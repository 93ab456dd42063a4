"""All REST endpoints under `/v1`."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.identity import Identify
from app.api.rest.chat_completions import chat_completions_router
from app.api.rest.in_flight import InFlight
from app.api.rest.models import models_router
from app.chat.service import Chat


class RestRouter(APIRouter):
    """Args:
    in_flight: the completions being answered; `in_flight.drain` ends them before the server stops.
    """

    def __init__(self, in_flight: InFlight) -> None:
        super().__init__()
        self.in_flight = in_flight


def rest_router(chat: Chat, *, identify: Identify) -> RestRouter:
    """OpenAI's endpoints on the models of `chat`. Errors, and only those of these routes, have OpenAI's shape."""
    router = RestRouter(InFlight())
    router.include_router(chat_completions_router(chat, identify=identify, in_flight=router.in_flight))
    router.include_router(models_router(chat.models, identify=identify))
    return router
