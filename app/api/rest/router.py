"""All REST endpoints under `/v1`."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.identity import Identify
from app.api.rest.chat_completions import chat_completions_router
from app.api.rest.models import models_router
from app.chat.service import Chat


def rest_router(chat: Chat, *, identify: Identify) -> APIRouter:
    """OpenAI's endpoints on the models of `chat`. Errors, and only those of these routes, have OpenAI's shape."""
    router = APIRouter()
    router.include_router(chat_completions_router(chat, identify=identify))
    router.include_router(models_router(chat.models, identify=identify))
    return router
