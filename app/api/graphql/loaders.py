"""Batched reads: what one level of an operation asks for is one read per kind, not one per object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from strawberry.dataloader import DataLoader

from app.chat.identifiers import ConversationId, MessageId
from app.chat.records import Conversation, Message
from app.chat.service import Chat

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Loaders:
    """Made for each operation: what it remembers is as old as the operation, and its owner's only."""

    def __init__(self, chat: Chat, owner: str) -> None:
        async def conversations(ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
            return await chat.conversations.get(owner, ids)

        async def messages(ids: Sequence[MessageId]) -> Mapping[MessageId, Message]:
            return await chat.history.messages(owner, ids)

        async def siblings(ids: Sequence[MessageId]) -> Mapping[MessageId, Sequence[Message]]:
            return await chat.history.siblings(owner, ids)

        async def active(ids: Sequence[ConversationId]) -> Mapping[ConversationId, MessageId]:
            return await chat.history.active(owner, ids)

        self.conversations = _loader(conversations)
        self.messages = _loader(messages)
        self.siblings = _loader(siblings)
        self.active = _loader(active)


def _loader(read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> DataLoader[Key, Value | None]:
    """Loads None for a key that the read does not answer."""

    async def load(keys: list[Key]) -> list[Value | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)
