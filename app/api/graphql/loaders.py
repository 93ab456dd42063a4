"""Batched reads: what one level of an operation asks for is one read per kind, not one per object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from strawberry.dataloader import DataLoader

from app.chat.identifiers import ConversationId, MessageId
from app.chat.paging import BranchQuery, Page
from app.chat.records import Conversation, Message
from app.chat.service import Chat

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Loaders:
    """Made for each operation: what it remembers is as old as the operation, and its owner's only.

    What one read has found no other asks for again.
    """

    def __init__(self, chat: Chat, owner: str) -> None:
        self._chat = chat
        self._owner = owner
        self.conversations = _loader(self._conversations)
        self.messages = _loader(self._messages)
        self.siblings = _loader(self._siblings)
        self.branches = _loader(self._branches)
        self.active = _loader(self._active)

    def remember_conversations(self, found: Iterable[Conversation]) -> None:
        self.conversations.prime_many({each.id: each for each in found})

    def remember_messages(self, found: Iterable[Message]) -> None:
        self.messages.prime_many({each.id: each for each in found})

    async def _conversations(self, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        return await self._chat.conversations.get(self._owner, ids)

    async def _messages(self, ids: Sequence[MessageId]) -> Mapping[MessageId, Message]:
        return await self._chat.history.messages(self._owner, ids)

    async def _siblings(self, ids: Sequence[MessageId]) -> Mapping[MessageId, Sequence[Message]]:
        found = await self._chat.history.siblings(self._owner, ids)
        self.remember_messages(each for group in found.values() for each in group)
        for group in found.values():
            self.siblings.prime_many({each.id: group for each in group})
        return found

    async def _branches(self, queries: Sequence[BranchQuery]) -> Mapping[BranchQuery, Page[Message]]:
        found = await self._chat.history.branches(self._owner, queries)
        self.remember_messages(each for page in found.values() for each in page.items)
        return found

    async def _active(self, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Message]:
        found = await self._chat.history.active(self._owner, ids)
        self.remember_messages(found.values())
        return found


def _loader(read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> DataLoader[Key, Value | None]:
    """Loads None for a key that the read does not answer."""

    async def load(keys: list[Key]) -> list[Value | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)
