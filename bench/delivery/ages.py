"""A histogram of ages, so that millions of them take no more memory than a few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, Self

RESOLUTION_US: Final = 10


class Ages:
    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, now_us: int, produced_us: Iterable[int]) -> None:
        self._counts.update([(now_us - each) // RESOLUTION_US for each in produced_us])

    def __iadd__(self, other: Self) -> Self:
        self._counts.update(other._counts)
        return self

    def __len__(self) -> int:
        return self._counts.total()

    def percentile_ms(self, share: float) -> float:
        """The age that so large a share of them does not exceed; nan where there are none."""
        wanted = share * len(self)
        passed = 0
        for age in sorted(self._counts):
            passed += self._counts[age]
            if passed >= wanted:
                return age * RESOLUTION_US / 1000
        return float("nan")
