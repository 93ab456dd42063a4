"""Measurements of rounds in which all that is compared took turns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from statistics import median
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class Rounds(Generic[Key, Found]):
    def __init__(self) -> None:
        self._found: dict[Key, list[Found]] = {}

    def add(self, key: Key, found: Found) -> None:
        self._found.setdefault(key, []).append(found)

    def __contains__(self, key: Key) -> bool:
        return key in self._found

    def of(self, key: Key) -> list[Found]:
        return self._found.get(key, [])

    def keys(self) -> list[Key]:
        return list(self._found)

    def median(self, key: Key, figure: Callable[[Found], float]) -> float:
        """nan where it was never measured."""
        return median(map(figure, found)) if (found := self.of(key)) else float("nan")

    def ratio(self, key: Key, other: Key, figure: Callable[[Found], float]) -> float:
        """The median of what each round by itself says: a slow round was slow for both."""
        pairs = zip(self.of(key), self.of(other), strict=False)
        ratios = [figure(ours) / figure(theirs) for ours, theirs in pairs]
        return median(ratios) if ratios else float("nan")
