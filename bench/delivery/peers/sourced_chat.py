"""Parley's chat service over a source instead of the log and the database: what is left is the edge."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from app.chat.events import CompletionEvent, Delta, End
from app.chat.identifiers import MESSAGE, MessageId, new_conversation_id, to_text
from app.chat.ports import Log, Records
from app.chat.records import Message, Role
from app.chat.service import Chat, build_chat
from app.chat.status import MessageStatus
from bench.delivery.source import Source

_CONVERSATION = new_conversation_id()
_BEGAN = datetime.now(UTC)


class AnyMessage:
    """Records in which every reply is, and is complete."""

    async def messages(self, _owner: str, ids: Sequence[MessageId], _parts: object) -> Mapping[MessageId, Message]:
        return {id: Message(id, _CONVERSATION, Role.ASSISTANT, MessageStatus.COMPLETE, _BEGAN) for id in ids}


class Unstored:
    """A log that is only watched."""

    def on_stop(self, callback: object) -> None:
        """Nobody stops anything."""

    on_queue = on_fenced = on_stop


class SourcedLog(Unstored):
    def __init__(self, source: Source) -> None:
        self._source = source

    async def watch(self, id: MessageId, _after: int) -> AsyncGenerator[CompletionEvent, None]:
        seq = 0
        async for seq, text in self._source.read(to_text(MESSAGE, id)):
            yield Delta(seq, text)
        yield End(seq, id)


def watched_only(log: Unstored) -> Chat:
    """The real service; only what a subscription needs is there to be asked."""
    chat, _runner = build_chat(cast("Records", AnyMessage()), cast("Log", log), cast("Any", None))
    return chat
