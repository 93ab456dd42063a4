"""Batched reads: what one level of an operation asks for is one read per kind, not one per object."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from strawberry.dataloader import DataLoader

from app.chat.identifiers import ConversationId, MessageId
from app.chat.overview import Shown
from app.chat.paging import ActivityKey, BranchQuery, Page, Window
from app.chat.records import Conversation, Message
from app.chat.service import Chat

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Loaders:
    """Made for each operation: what it remembers is as old as the operation, and its owner's only.

    What one read has found no other asks for again. Each loader is made when it is asked for: most operations need one
    or two, and a subscription, which may wait for hours, none until its end.
    """

    def __init__(self, chat: Chat, owner: str) -> None:
        self._chat = chat
        self._owner = owner
        # Not in the loader, which would keep a future of each.
        self._known_messages: dict[MessageId, Message] = {}

    @cached_property
    def conversations(self) -> DataLoader[ConversationId, Conversation | None]:
        return _loader(self._conversations)

    @cached_property
    def messages(self) -> DataLoader[MessageId, Message | None]:
        return _loader(self._messages)

    @cached_property
    def siblings(self) -> DataLoader[MessageId, Sequence[Message] | None]:
        return _loader(self._siblings)

    @cached_property
    def branches(self) -> DataLoader[BranchQuery, Page[Message] | None]:
        return _loader(self._branches)

    @cached_property
    def active(self) -> DataLoader[ConversationId, Message | None]:
        return _loader(self._active)

    async def overview(self, window: Window[ActivityKey], shown: Shown, *, archived: bool | None) -> Page[Conversation]:
        """A page of conversations. Whoever resolves what is shown of them finds it read."""
        found = await self._chat.history.overview(self._owner, window, shown, archived=archived)
        items = found.conversations.items
        self.conversations.prime_many({each.id: each for each in items})
        if found.branches:
            self.branches.prime_many(found.branches)
            self.remember_messages(each for page in found.branches.values() for each in page.items)
        if shown.active:
            self.active.prime_many({each.id: found.active.get(each.id) for each in items})
            self.remember_messages(found.active.values())
        return found.conversations

    def remember_messages(self, found: Iterable[Message]) -> None:
        self._known_messages.update((each.id, each) for each in found)

    async def _conversations(self, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        return await self._chat.conversations.get(self._owner, ids)

    async def _messages(self, ids: Sequence[MessageId]) -> Mapping[MessageId, Message]:
        if unknown := [id for id in ids if id not in self._known_messages]:
            self.remember_messages((await self._chat.history.messages(self._owner, unknown)).values())
        return self._known_messages

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


class SharedLoader(DataLoader[Key, Value]):
    """What one field waits for, others may wait for as well: graphql-core cancels what goes on beside a field that
    failed, and that is to end its own waiting and nobody else's.
    """

    def load(self, key: Key) -> asyncio.Future[Value]:
        return asyncio.shield(super().load(key))


def _loader(read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> SharedLoader[Key, Value | None]:
    """Loads None for a key that the read does not answer."""

    async def load(keys: list[Key]) -> list[Value | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return SharedLoader(load)
