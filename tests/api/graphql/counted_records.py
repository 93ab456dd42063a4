"""The real records, which count how often they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from app.chat.identifiers import ConversationId, MessageId
from app.chat.records import Conversation, Message
from app.storage.client import Database
from app.storage.records import PrismaRecords


class CountedRecords(PrismaRecords):
    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.reads: Counter[str] = Counter()

    async def conversations(self, owner: str, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        self.reads["conversations"] += 1
        return await super().conversations(owner, ids)

    async def conversation_count(self, owner: str, *, archived: bool | None) -> int:
        self.reads["conversation_count"] += 1
        return await super().conversation_count(owner, archived=archived)

    async def messages(self, owner: str, ids: Sequence[MessageId]) -> Mapping[MessageId, Message]:
        self.reads["messages"] += 1
        return await super().messages(owner, ids)

    async def siblings(self, owner: str, ids: Sequence[MessageId]) -> Mapping[MessageId, Sequence[Message]]:
        self.reads["siblings"] += 1
        return await super().siblings(owner, ids)

    async def active_replies(
        self, owner: str, ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Sequence[MessageId]]:
        self.reads["active_replies"] += 1
        return await super().active_replies(owner, ids)
