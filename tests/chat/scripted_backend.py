"""A generation backend in this process that says what a test tells it to, when the test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from app.chat.completion import CompletionRequest, Finish, Model, Piece, ServedModel
from app.chat.errors import ModelNotFound
from app.chat.records import FinishReason, Usage

DEADLINE_SECONDS = 15.0
MODEL = "scripted"


@dataclass(eq=False)
class Call:
    """One completion that the backend was asked for.

    Args:
        closed: set when its iterator has ended or was closed.
    """

    request: CompletionRequest
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _steps: asyncio.Queue[Piece | Finish | BaseException | None] = field(default_factory=asyncio.Queue)

    def say(self, content: str = "", reasoning: str = "") -> None:
        self._steps.put_nowait(Piece(content, reasoning))

    def finish(self, reason: FinishReason = FinishReason.STOP, usage: Usage | None = None) -> None:
        self._steps.put_nowait(Finish(reason, usage))

    def fail(self, error: BaseException) -> None:
        self._steps.put_nowait(error)

    def break_off(self) -> None:
        """Ends the stream without a finish."""
        self._steps.put_nowait(None)

    async def steps(self) -> AsyncGenerator[Piece | Finish]:
        while (step := await self._steps.get()) is not None:
            if isinstance(step, BaseException):
                raise step
            yield step


class ScriptedBackend:
    """Args:
    on_call: awaited by each completion before anything else.
    on_close: awaited by each completion when its iterator ends or is closed.
    """

    name = "script"

    def __init__(self) -> None:
        self.calls = 0
        self.on_call: Callable[[CompletionRequest], Awaitable[None]] | None = None
        self.on_close: Callable[[], Awaitable[None]] | None = None
        self._called: asyncio.Queue[Call] = asyncio.Queue()

    async def called(self) -> Call:
        """The next completion that it is asked for, in the order of the asking."""
        return await asyncio.wait_for(self._called.get(), DEADLINE_SECONDS)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Piece | Finish]:
        self.calls += 1
        if self.on_call:
            await self.on_call(request)
        call = Call(request)
        self._called.put_nowait(call)
        try:
            async for step in call.steps():
                yield step
        finally:
            call.closed.set()
            if self.on_close:
                await self.on_close()

    async def models(self) -> tuple[str, ...]:
        return (MODEL,)

    async def close(self) -> None:
        """It holds nothing."""


class ScriptedCatalog:
    """One model on one backend; `gate`, while it is there, holds up whoever asks for it."""

    def __init__(self, backend: ScriptedBackend) -> None:
        self._served = ServedModel(Model(MODEL, backend.name), backend, "upstream-name")
        self.gate: asyncio.Event | None = None
        self.asked = asyncio.Event()

    async def list(self) -> tuple[Model, ...]:
        return (self._served.model,)

    async def resolve(self, name: str | None) -> ServedModel:
        self.asked.set()
        if self.gate:
            await self.gate.wait()
        if name not in {None, MODEL}:
            raise ModelNotFound(str(name))
        return self._served
