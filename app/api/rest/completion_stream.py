"""A completion that is stored nowhere, as server-sent events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from starlette.responses import Response

from app.api.rest.choices import Choices, GeneratedItem
from app.api.rest.event_stream import EventStream
from app.api.rest.openai_errors import openai_error
from app.api.rest.transcript import Transcript
from app.chat.completion import Finish, Piece
from app.chat.records import Usage


class Encoder(Protocol):
    """The events of some protocol's completion stream."""

    @property
    def keep_alive(self) -> bytes: ...

    def start(self) -> bytes: ...

    def item(self, index: int, item: Piece | Finish) -> bytes: ...

    def end(self, usage: Usage | None) -> bytes: ...


class ErrorAnswer(Protocol):
    """An error in some protocol's shape, as an event of a stream or as an answer of its own."""

    def event(self) -> bytes: ...

    def response(self) -> Response: ...


class CompletionStream(EventStream[Piece | Finish]):
    """Generates while it is sent. The caller's going away ends the generation.

    Args:
        transcript: to count tokens by; None if the caller did not ask for them.
    """

    def __init__(
        self,
        choices: Choices,
        encoder: Encoder,
        transcript: Transcript | None,
        explain: Callable[[Exception], ErrorAnswer] = openai_error,
    ) -> None:
        super().__init__(choices, _Events(encoder, transcript, explain))


class _Events:
    def __init__(
        self, encoder: Encoder, transcript: Transcript | None, explain: Callable[[Exception], ErrorAnswer]
    ) -> None:
        self._encoder = encoder
        self._transcript = transcript
        self._explain = explain

    def start(self) -> bytes:
        return self._encoder.start()

    def tell(self, items: Sequence[GeneratedItem]) -> bytes:
        if self._transcript:
            self._transcript.add(items)
        return b"".join([self._encoder.item(choice, item) for choice, item in items]) or self._encoder.keep_alive

    def end(self) -> bytes:
        return self._encoder.end(self._transcript.usage() if self._transcript else None)

    def failure(self, error: Exception) -> bytes:
        return self._explain(error).event()

    def refusal(self, error: Exception) -> Response:
        return self._explain(error).response()
