"""A batched read of one kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

from strawberry.dataloader import DataLoader

from app.api.graphql.selection.foreseen import Unknown

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Loader(Generic[Key, Value]):
    """What one level of an operation asks for is one read. What is known already is not read, nor waited for.

    Args:
        read: what it does not answer is None.
    """

    def __init__(self, read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._read = read
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

    async def load(self, key: Key) -> Value | None:
        """Its caller may be cancelled: graphql-core cancels what goes on beside a field that failed, and that is to
        end its own waiting and nobody else's.
        """
        known = self.known
        if key in known:
            return known[key]
        return await asyncio.shield(self._batches.load(key))

    @cached_property
    def _batches(self) -> DataLoader[Key, Value | None]:
        return DataLoader(self._load)

    async def _load(self, keys: list[Key]) -> list[Value | None]:
        if unknown := [key for key in keys if key not in self.known]:
            found = await self._read(unknown)
            self._known.update((key, found.get(key)) for key in unknown)
        return [self._known[key] for key in keys]


class KnownLoader(Generic[Key, Value]):
    """A loader that reads nothing."""

    def __init__(self, loader: Loader[Key, Value]) -> None:
        self._loader = loader

    async def load(self, key: Key) -> Value | None:
        """Raises:
        Unknown: nobody has read it yet.
        """
        try:
            return self._loader.known[key]
        except KeyError:
            raise Unknown from None
