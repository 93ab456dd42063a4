"""The demo backend: no key, no network, no model. It says that it is a demo, word by word."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Final

from app.chat.completion import CompletionRequest, Finish, Piece, PromptMessage
from app.chat.records import FinishReason, Usage, UsageSource
from app.generation.demo_answers import compose_answer

DEMO_MODEL: Final = "demo"
INSTANT_DEMO_MODEL: Final = "demo-fast"
DEMO_MODELS: Final = (DEMO_MODEL, INSTANT_DEMO_MODEL)

DEFAULT_WORDS_PER_SECOND: Final = 30.0
"""About twice as fast as people read, about as fast as a mid-sized hosted model."""

_WORD = re.compile(r"\s*\S+\s*")


class DemoBackend:
    """Equal prompts with equal seeds get equal answers. A word, with the white space after it, counts as one token."""

    def __init__(self, *, name: str = "demo", words_per_second: float = DEFAULT_WORDS_PER_SECOND) -> None:
        self.name = name
        self._seconds_per_word = 1 / words_per_second

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Piece | Finish, None]:
        """Streams `demo` at the pace of a model and `demo-fast` as fast as it is taken."""
        words, reason = _answer(request)
        seconds_per_word = 0 if request.model == INSTANT_DEMO_MODEL else self._seconds_per_word
        loop = asyncio.get_running_loop()
        started = loop.time()
        for spoken, word in enumerate(words):
            # Against the clock, so that late wake-ups do not add up. Also the turn that `demo-fast` gives to others.
            await asyncio.sleep(max(0.0, started + spoken * seconds_per_word - loop.time()))
            yield Piece(word)
        yield Finish(reason, Usage(_count(request.messages), len(words), UsageSource.PROVIDER))

    async def models(self) -> tuple[str, ...]:
        return DEMO_MODELS

    async def close(self) -> None:
        """Nothing is open."""


def _answer(request: CompletionRequest) -> tuple[list[str], FinishReason]:
    """The words to say, and why they end there."""
    text = compose_answer(request.messages, seed=request.parameters.seed)
    ends = [at for sequence in request.parameters.stop if (at := text.find(sequence)) >= 0]
    words = _WORD.findall(text[: min(ends, default=len(text))])
    most = request.parameters.max_tokens
    if most is not None and most < len(words):
        return words[:most], FinishReason.LENGTH
    return words, FinishReason.STOP


def _count(messages: tuple[PromptMessage, ...]) -> int:
    return sum(len(each.content.split()) for each in messages)
