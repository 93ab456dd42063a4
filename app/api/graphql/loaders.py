"""Batched reads: what one level of an operation asks for is one read per kind, not one per object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple

from app.api.graphql.loader import KnownLoader, Loader, Memory
from app.chat.history import History
from app.chat.identifiers import ConversationId, MessageId
from app.chat.message_parts import MessageParts
from app.chat.overview import Shown
from app.chat.paging import ActivityKey, BranchQuery, Page, Window
from app.chat.records import Conversation, Message
from app.chat.service import Chat


class Loaders:
    """Made for each operation: what it remembers is as old as the operation, and its owner's only.

    What one read has found no other asks for again. Each loader is made when it is asked for: most operations need one
    or two, and a subscription, which may wait for hours, none until its end.

    Args:
        parts: which are read of messages.
    """

    def __init__(self, chat: Chat, owner: str, parts: MessageParts) -> None:
        self._chat = chat
        self._owner = owner
        self._parts = parts

    @cached_property
    def conversations(self) -> Loader[ConversationId, Conversation]:
        return Loader(partial(self._chat.conversations.get, self._owner))

    @cached_property
    def messages(self) -> Loader[MessageId, Message]:
        return Loader(partial(self._chat.history.messages, self._owner, parts=self._parts))

    @cached_property
    def siblings(self) -> Loader[MessageId, Sequence[Message]]:
        return Loader(self._reads.siblings)

    @cached_property
    def branches(self) -> Loader[BranchQuery, Page[Message]]:
        return Loader(self._reads.branches)

    @cached_property
    def active(self) -> Loader[ConversationId, Message]:
        return Loader(self._reads.active)

    async def overview(self, window: Window[ActivityKey], shown: Shown, *, archived: bool | None) -> Page[Conversation]:
        """A page of conversations. Whoever resolves what is shown of them finds it read."""
        found = await self._chat.history.overview(self._owner, window, shown, archived=archived, parts=self._parts)
        items = found.conversations.items
        self.conversations.memory.learn((each.id, each) for each in items)
        if found.branches:
            self.branches.memory.learn(found.branches.items())
            _learn(self.messages.memory, (each for page in found.branches.values() for each in page.items))
        if shown.active:
            self.active.memory.learn((each.id, found.active.get(each.id)) for each in items)
            _learn(self.messages.memory, found.active.values())
        return found.conversations

    @property
    def _reads(self) -> _Reads:
        return _Reads(self._chat.history, self._owner, self._parts, self.messages.memory)


class _Reads(NamedTuple):
    """Reads that bring messages along.

    Args:
        messages: where those become known.
    """

    history: History
    owner: str
    parts: MessageParts
    messages: Memory[MessageId, Message]

    async def siblings(self, ids: Sequence[MessageId]) -> Mapping[MessageId, Sequence[Message]]:
        found = await self.history.siblings(self.owner, ids, self.parts)
        groups = list(found.values())
        _learn(self.messages, (each for group in groups for each in group))
        return {each.id: group for group in groups for each in group}

    async def branches(self, queries: Sequence[BranchQuery]) -> Mapping[BranchQuery, Page[Message]]:
        found = await self.history.branches(self.owner, queries, self.parts)
        _learn(self.messages, (each for page in found.values() for each in page.items))
        return found

    async def active(self, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Message]:
        found = await self.history.active(self.owner, ids, self.parts)
        _learn(self.messages, found.values())
        return found


def _learn(memory: Memory[MessageId, Message], found: Iterable[Message]) -> None:
    memory.learn((each.id, each) for each in found)


class KnownLoaders:
    """The same, as far as it is known: see FORESEEN."""

    def __init__(self, loaders: Loaders) -> None:
        self._loaders = loaders

    @cached_property
    def conversations(self) -> KnownLoader[ConversationId, Conversation]:
        return KnownLoader(self._loaders.conversations.memory)

    @cached_property
    def messages(self) -> KnownLoader[MessageId, Message]:
        return KnownLoader(self._loaders.messages.memory)

    @cached_property
    def branches(self) -> KnownLoader[BranchQuery, Page[Message]]:
        return KnownLoader(self._loaders.branches.memory)

    @cached_property
    def active(self) -> KnownLoader[ConversationId, Message]:
        return KnownLoader(self._loaders.active.memory)
