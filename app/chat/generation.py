"""What every completion is held to, whoever asks for it and whichever backend makes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.chat.completion import Backend, CompletionRequest, Finish, Piece
from app.chat.errors import BackendFailed
from app.chat.records import FinishReason
from app.chat.text import storable

MAX_REPLY_CHARACTERS = 8 * 1024 * 1024
"""Where an upstream that never ends is cut off, with finish reason LENGTH."""


async def generate(backend: Backend, request: CompletionRequest) -> AsyncGenerator[Piece | Finish, None]:
    """The backend's pieces, none of them empty and all of them storable, then exactly one Finish.

    Raises:
        BackendFailed: also when the stream ends without a finish: what is there may be half of an answer.
    """
    room = MAX_REPLY_CHARACTERS
    async with aclosing(backend.complete(request)) as items:
        async for item in items:
            if isinstance(item, Finish):
                yield item
                return
            content, reasoning = storable(item.content), storable(item.reasoning)
            if not content and not reasoning:
                continue
            if len(content) + len(reasoning) > room:
                if room:
                    yield Piece(content[:room], reasoning[: max(0, room - len(content))])
                yield Finish(FinishReason.LENGTH)
                return
            room -= len(content) + len(reasoning)
            yield item if content is item.content and reasoning is item.reasoning else Piece(content, reasoning)
    raise BackendFailed("UPSTREAM_INCOMPLETE", "the model's stream broke off", retryable=True)
