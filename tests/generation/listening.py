"""Taking a completion to its end."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field

from app.chat.completion import Backend, CompletionRequest, Finish, Piece, PromptMessage
from app.chat.errors import BackendFailed
from app.chat.parameters import CompletionParameters
from app.chat.records import Role
from tests.upstream.script import Script


@dataclass(slots=True)
class Heard:
    pieces: list[Piece] = field(default_factory=list)
    finish: Finish | None = None
    failure: BackendFailed | None = None

    @property
    def text(self) -> str:
        return "".join(piece.content for piece in self.pieces)

    @property
    def reasoning(self) -> str:
        return "".join(piece.reasoning for piece in self.pieces)


def asking(
    said: Script | str, parameters: CompletionParameters = CompletionParameters(), *, model: str = "upstream"
) -> CompletionRequest:
    text = said.prompt() if isinstance(said, Script) else said
    return CompletionRequest(model, (PromptMessage(Role.USER, text),), parameters)


async def hear(backend: Backend, request: CompletionRequest) -> Heard:
    """Everything that the backend says, and how it ended."""
    heard = Heard()
    try:
        async with aclosing(backend.complete(request)) as items:
            async for item in items:
                assert heard.finish is None, "something follows the finish"
                if isinstance(item, Finish):
                    heard.finish = item
                else:
                    heard.pieces.append(item)
    except BackendFailed as failure:
        heard.failure = failure
    return heard
