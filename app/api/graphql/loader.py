"""A batched read of one kind.

Nothing here refers to what refers to it: what an operation has read, pages of messages, is to go with the operation and
not to wait for the garbage collector.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Generic, TypeVar

from strawberry.dataloader import DataLoader

from app.api.graphql.selection.foreseen import Unknown

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """What is known of one kind."""

    __slots__ = ("_known", "_learned")

    def __init__(self) -> None:
        self._learned: list[Iterable[tuple[Key, Value | None]]] = []
        self._known: dict[Key, Value | None] = {}

    def learn(self, found: Iterable[tuple[Key, Value | None]]) -> None:
        """What another read has brought along. Nobody goes through it before somebody asks for something of the kind,
        which few operations do.
        """
        self._learned.append(found)

    @property
    def known(self) -> Mapping[Key, Value | None]:
        if self._learned:
            for found in self._learned:
                self._known.update(found)
            self._learned.clear()
        return self._known


class Loader(Generic[Key, Value]):
    """What one level of an operation asks for is one read. What is known already is not read, nor waited for.

    Args:
        read: what it does not answer is None; what it answers beside that is known, too.
    """

    def __init__(self, read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._read = read
        self.memory: Memory[Key, Value] = Memory()

    async def load(self, key: Key) -> Value | None:
        """Its caller may be cancelled: graphql-core cancels what goes on beside a field that failed, and that is to
        end its own waiting and nobody else's.
        """
        known = self.memory.known
        if key in known:
            return known[key]
        return await asyncio.shield(self._batches.load(key))

    @cached_property
    def _batches(self) -> DataLoader[Key, Value | None]:
        return DataLoader(partial(_load, self._read, self.memory))


async def _load(
    read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]], memory: Memory[Key, Value], keys: list[Key]
) -> list[Value | None]:
    if unknown := [key for key in keys if key not in memory.known]:
        found = await read(unknown)
        memory.learn((key, found.get(key)) for key in unknown)
        memory.learn(found.items())
    known = memory.known
    return [known[key] for key in keys]


class KnownLoader(Generic[Key, Value]):
    """A loader that reads nothing."""

    __slots__ = ("_memory",)

    def __init__(self, memory: Memory[Key, Value]) -> None:
        self._memory = memory

    async def load(self, key: Key) -> Value | None:
        """Raises:
        Unknown: nobody has read it yet.
        """
        try:
            return self._memory.known[key]
        except KeyError:
            raise Unknown from None
