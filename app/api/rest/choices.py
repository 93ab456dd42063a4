"""The answers to one request that are made for it alone, and stored nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from app.api.rest.in_flight import InFlight
from app.api.rest.merged import ChoiceItem, Merged
from app.chat.completion import CompletionRequest, Finish, Piece, ServedModel
from app.chat.generation import generate

MAX_WAITING_ITEMS: Final = 64
"""How far the backends may run ahead of the reader; then they wait for it."""

GeneratedItem: TypeAlias = ChoiceItem[Piece | Finish]


class Choices(Merged[Piece | Finish]):
    """Generates while it is entered; on leaving, what still runs is cancelled and its upstream connection closed."""

    def __init__(self, served: ServedModel, requests: Sequence[CompletionRequest], in_flight: InFlight) -> None:
        streams = [generate(served.backend, each) for each in requests]
        super().__init__(streams, Finish, in_flight, max_waiting=MAX_WAITING_ITEMS)


def choice_requests(request: CompletionRequest, n: int) -> list[CompletionRequest]:
    """The request n times, with seeds of their own if it has one: equal seeds would give equal answers."""
    return [replace(request, parameters=request.parameters.of_sibling(index)) for index in range(n)]
