"""All REST endpoints that make completions and list models."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.identity import Identify, counting_requests
from app.api.rest.chat_completions import chat_completions_router
from app.api.rest.egp.chat_completions import egp_router
from app.api.rest.in_flight import InFlight
from app.api.rest.models import models_router
from app.api.rest.prediction_guard import prediction_guard_router
from app.api.rest.stored_completions import stored_completions_router
from app.api.rest.unserved import unserved_router
from app.chat.service import Chat


class RestRouter(APIRouter):
    """Args:
    in_flight: the completions being answered; `in_flight.drain` ends them before the server stops.
    """

    def __init__(self, in_flight: InFlight) -> None:
        super().__init__()
        self.in_flight = in_flight


def rest_router(chat: Chat, *, identify: Identify) -> RestRouter:
    """OpenAI's and EGP's endpoints on the models of `chat`. Errors of these routes, and of no others, have the shape
    that their protocol gives them.
    """
    identify = counting_requests(identify)
    router = RestRouter(InFlight())
    router.include_router(chat_completions_router(chat, identify=identify, in_flight=router.in_flight))
    router.include_router(stored_completions_router(chat, identify=identify, in_flight=router.in_flight))
    router.include_router(egp_router(chat, identify=identify, in_flight=router.in_flight))
    router.include_router(models_router(chat.models, identify=identify))
    router.include_router(prediction_guard_router(chat.models, identify=identify))
    router.include_router(unserved_router(list(router.routes)))
    return router
