"""What one API of the upstream has that the others have otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from tests.upstream.script import Script


class DialectWriter(Protocol):
    """A script as bytes."""

    def reasoning(self) -> Iterable[bytes]: ...

    def delta(self, piece: str) -> bytes: ...

    def error(self) -> bytes: ...

    def end(self) -> Iterable[bytes]: ...

    def whole(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """Args:
    writer: by the script, the model, and whether token counts were asked for.
    refusal: the body of an error by its words, its code and the field that it is about.
    """

    writer: Callable[[Script, str, bool], DialectWriter]
    refusal: Callable[[str, str | None, str | None], bytes]
