"""A batched read of one kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
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
        self.known: dict[Key, Value | None] = {}

    async def load(self, key: Key) -> Value | None:
        """Its caller may be cancelled: graphql-core cancels what goes on beside a field that failed, and that is to
        end its own waiting and nobody else's.
        """
        if key in self.known:
            return self.known[key]
        return await asyncio.shield(self._batches.load(key))

    @cached_property
    def _batches(self) -> DataLoader[Key, Value | None]:
        return DataLoader(self._load)

    async def _load(self, keys: list[Key]) -> list[Value | None]:
        found = await self._read(keys)
        values = [found.get(key) for key in keys]
        self.known.update(zip(keys, values, strict=True))
        return values


class KnownLoader(Generic[Key, Value]):
    """A loader that reads nothing."""

    def __init__(self, loader: Loader[Key, Value]) -> None:
        self._known = loader.known

    async def load(self, key: Key) -> Value | None:
        """Raises:
        Unknown: nobody has read it yet.
        """
        if key in self._known:
            return self._known[key]
        raise Unknown
