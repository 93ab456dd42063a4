"""The replay backend: a stored reply, said again as a model. For demos, load tests and bug reports.

`replay:msg_…` says what that reply said, byte for byte, reasoning too, and each delta when it came, counted from the
start of the generation; `parameters.speed` scales that.

- It ends as the reply did: a complete one with its finish reason, a failed one with its error, after the same text. One
  that was stopped or interrupted finishes with STOP: what ended it is not the model's doing. The token counts are those
  of the reply.
- The prompt and every parameter but `speed` are ignored, `max_tokens` and `stop` too: a replay is what was said.
- A reply whose log is not kept any more is said in words, spread evenly over the time that it took.
- One still in flight is refused: how it ends is not known yet, and to follow it live is what subscriptions are for.
- It is the owner's alone; to everybody else it does not exist.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from app.chat.completion import CompletionRequest, ConfinedBackend, Finish, Piece
from app.chat.errors import BackendFailed, BackendFault, BadInput, ModelNotFound
from app.chat.identifiers import MessageId, message_id
from app.chat.recording import Recording, Recordings
from app.chat.records import CompletionError, FinishReason
from app.chat.status import MessageStatus
from app.generation.upstream_errors import fault_of

REPLAY_PREFIX: Final = "replay:"

REPLY_IN_FLIGHT: Final = "REPLY_IN_FLIGHT"
REPLY_NOT_FOUND: Final = "model_not_found"

LONGEST_SLEEP_SECONDS: Final = 3600.0
"""Event loops take no sleep of any length, and at a low speed the next delta may be centuries away."""

_WORD = re.compile(r"\S{1,20}\s?|\s{1,20}")
"""Every character is in one. Not every language puts spaces between words, so that a long one is cut."""


def recorded_reply(model: str) -> MessageId:
    """The reply that a model's name stands for.

    Raises:
        ModelNotFound: it is not the prefix and an id.
    """
    try:
        if not model.startswith(REPLAY_PREFIX):
            raise ModelNotFound(model, NO_SUCH_REPLY)
        return message_id(model.removeprefix(REPLAY_PREFIX))
    except BadInput:
        raise ModelNotFound(model, NO_SUCH_REPLY) from None


NO_SUCH_REPLY: Final = "plays nothing: after replay: comes the id of a reply of yours, such as msg_…"


class ReplayBackend(ConfinedBackend):
    """Args:
    clock: in seconds, from any start.
    sleep: for that many seconds of the clock.
    """

    name = "replay"

    def __init__(
        self,
        recordings: Recordings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._recordings = recordings
        self._clock = clock
        self._sleep = sleep

    async def admit(self, owner: str, model: str) -> None:
        """Raises:
        ModelNotFound: the owner has no such reply.
        StorageUnavailable
        """
        if await self._recordings.find(owner, recorded_reply(model)) is None:
            raise ModelNotFound(model, NO_SUCH_REPLY)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Piece | Finish, None]:
        """Says the reply that the model stands for.

        Raises:
            BackendFailed: the owner has no such reply, it is still in flight, or it failed too.
            StorageUnavailable
        """
        pace = _Pace(self._clock, self._sleep, request.parameters.speed or 1.0)
        recording = await self._recording(request)
        async with aclosing(self._say(recording, pace)) as pieces:
            async for piece in pieces:
                yield piece
        await pace.reach(recording.duration_seconds)
        yield _finish(recording)

    async def models(self) -> tuple[str, ...]:
        """None: there is one for every reply of every owner."""
        return ()

    async def close(self) -> None:
        """Nothing is open."""

    async def _recording(self, request: CompletionRequest) -> Recording:
        found = None
        if request.owner is not None:
            found = await self._recordings.find(request.owner, recorded_reply(request.model))
        if found is None:
            raise _unknown("there is no such reply to play again")
        if found.status.in_flight:
            message = "the reply is still being generated; it can be played again when it has ended"
            raise BackendFailed(REPLY_IN_FLIGHT, message, retryable=True, fault=BackendFault.REFUSED)
        return found

    async def _say(self, recording: Recording, pace: _Pace) -> AsyncGenerator[Piece, None]:
        """By the log, and by the text from where the log is not kept any more, which may be in the middle."""
        said, seq = _Said(), 0
        while page := await self._recordings.deltas(recording.id, seq):
            for delta in page:
                if delta.final:
                    return
                seq, said.at_seconds = delta.seq, recording.seconds_at(delta.at)
                await pace.reach(said.at_seconds)
                said.add(delta.content, delta.reasoning)
                yield Piece(delta.content, delta.reasoning)
        async with aclosing(self._say_in_words(recording, pace, said)) as words:
            async for word in words:
                yield word

    async def _say_in_words(self, recording: Recording, pace: _Pace, said: _Said) -> AsyncGenerator[Piece, None]:
        """What is left of the text, over what is left of the time."""
        before, left_seconds = said.characters, recording.duration_seconds - said.at_seconds
        while True:
            text = await self._recordings.text(recording.id, content_from=said.content, reasoning_from=said.reasoning)
            if text is None:
                raise _unknown("the reply was deleted while it was played again")
            if not text.content and not text.reasoning:
                return
            for word in _WORD.findall(text.reasoning or text.content):
                content, reasoning = ("", word) if text.reasoning else (word, "")
                said.add(content, reasoning)
                share = (said.characters - before) / (text.characters - before)
                await pace.reach(said.at_seconds + share * left_seconds)
                yield Piece(content, reasoning)


@dataclass(slots=True)
class _Said:
    """How far a replay is.

    Args:
        content: characters of it.
        reasoning: characters of it.
        at_seconds: of the recording, the last delta's.
    """

    content: int = 0
    reasoning: int = 0
    at_seconds: float = 0.0

    @property
    def characters(self) -> int:
        return self.content + self.reasoning

    def add(self, content: str, reasoning: str) -> None:
        self.content += len(content)
        self.reasoning += len(reasoning)


class _Pace:
    """Against the clock, so that late wake-ups do not add up."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]], speed: float) -> None:
        self._clock = clock
        self._sleep = sleep
        self._speed = speed
        self._began = clock()

    async def reach(self, seconds: float) -> None:
        """Waits for that moment of the recording; when it is late, only gives others their turn."""
        due = self._began + seconds / self._speed
        while (left := due - self._clock()) > LONGEST_SLEEP_SECONDS:
            await self._sleep(LONGEST_SLEEP_SECONDS)
        await self._sleep(max(0.0, left))


def _finish(recording: Recording) -> Finish:
    """Raises:
    BackendFailed: the recorded reply failed.
    """
    match recording:
        case Recording(status=MessageStatus.FAILED, error=CompletionError() as error):
            raise BackendFailed(error.code, error.message, retryable=error.retryable, fault=fault_of(error.code))
        case Recording(status=MessageStatus.COMPLETE, finish_reason=FinishReason() as reason):
            return Finish(reason, recording.usage)
    return Finish(FinishReason.STOP, recording.usage)


def _unknown(message: str) -> BackendFailed:
    return BackendFailed(REPLY_NOT_FOUND, message, retryable=False, fault=BackendFault.UNKNOWN_MODEL)
