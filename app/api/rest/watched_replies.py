"""The replies of a stored completion, watched in the log and told as one stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.api.rest.in_flight import InFlight
from app.api.rest.merged import ChoiceItem, Merged
from app.chat.errors import BadInput
from app.chat.events import Delta, End, Snapshot
from app.chat.history import History
from app.chat.identifiers import MessageId
from app.chat.records import Message

OWN_END_SECONDS: Final = 0.5
"""How long a stop of the server leaves the replies that it ends itself to tell their own end."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Args:
    message: the reply as it is for good.
    """

    seq: int
    message: Message


ReplyEvent: TypeAlias = Delta | Snapshot | Ended
WatchedEvent: TypeAlias = ChoiceItem[ReplyEvent]


class WatchedReplies(Merged[ReplyEvent]):
    """Leaving it ends the watching alone; generation goes on.

    Args:
        after: for each reply the seq of what is known of it.
        said_by: what to name in the error where one of `after` is beyond what the reply says.
    """

    def __init__(
        self,
        history: History,
        owner: str,
        replies: Sequence[MessageId],
        after: Sequence[int],
        in_flight: InFlight,
        *,
        said_by: str = "after",
    ) -> None:
        streams = [_watch(history, owner, id, seq, said_by) for id, seq in zip(replies, after, strict=True)]
        # No more than one each: what a slow reader has not taken is then joined by the log.
        super().__init__(streams, Ended, in_flight, max_waiting=len(streams))

    def interrupt(self, error: Exception) -> None:
        self._tasks.append(asyncio.create_task(self._interrupt_later(error)))

    async def _interrupt_later(self, error: Exception) -> None:
        await asyncio.sleep(OWN_END_SECONDS)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        await self._waiting.put(error)


async def ends(watched: WatchedReplies) -> list[Message]:
    """The replies when all of them have ended, in their order."""
    ended: dict[int, Message] = {}
    async with watched:
        while not watched.over:
            for choice, event in await watched.ready():
                if isinstance(event, Ended):
                    ended[choice] = event.message
    return [ended[choice] for choice in sorted(ended)]


async def _watch(
    history: History, owner: str, id: MessageId, after: int, said_by: str
) -> AsyncGenerator[ReplyEvent, None]:
    try:
        async with aclosing(await history.watch(owner, id, after)) as events:
            async for event in events:
                if isinstance(event, End):
                    yield Ended(event.seq, await history.message(owner, id))
                else:
                    yield event
    except BadInput as error:
        raise BadInput(said_by, error.problem) from None
