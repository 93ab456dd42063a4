"""How a reply is sampled."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from app.chat.errors import BadInput
from app.chat.text import check_text

MAX_STOP_SEQUENCES = 4
MAX_STOP_CHARACTERS = 1_000
MAX_TOKENS = 2**31 - 1
SEEDS = range(-(2**63), 2**63)
"""What a signed 64-bit integer holds; larger numbers do not survive JSON."""
MAX_SPEED = 1_000

_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}


@dataclass(frozen=True, slots=True)
class CompletionParameters:
    """Each is the backend's own default where it is None.

    Args:
        speed: of a replay, as a multiple of the recorded pace; no other backend heeds it.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    speed: float | None = None

    def given(self) -> dict[str, Any]:
        """By name, what is not left to the backend: so a default that is added later stays one."""
        return {name: value for name in _NAMES if (value := getattr(self, name)) not in (None, ())}

    def of_sibling(self, index: int) -> CompletionParameters:
        """Of the reply of that index among several to one message: equal seeds would give equal answers."""
        if self.seed is None or not index:
            return self
        seed = self.seed + index
        return replace(self, seed=seed if seed in SEEDS else self.seed - index)

    def check(self, *, prefix: str = "parameters.") -> None:
        """Raises:
        BadInput: a value is outside of its range; names the field as `prefix` and its name.
        """
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:  # NaN too is not in it
                raise BadInput(prefix + name, f"must be from {low:g} to {high:g}, not {value}")
        if self.max_tokens is not None and not 1 <= self.max_tokens <= MAX_TOKENS:
            raise BadInput(f"{prefix}max_tokens", f"must be from 1 to {MAX_TOKENS}, not {self.max_tokens}")
        if self.seed is not None and self.seed not in SEEDS:
            raise BadInput(f"{prefix}seed", "must be a signed 64-bit integer")
        if self.speed is not None and not 0 < self.speed <= MAX_SPEED:
            raise BadInput(f"{prefix}speed", f"must be more than 0 and at most {MAX_SPEED:,}, not {self.speed}")
        if len(self.stop) > MAX_STOP_SEQUENCES:
            raise BadInput(f"{prefix}stop", f"takes at most {MAX_STOP_SEQUENCES} sequences, not {len(self.stop)}")
        for sequence in self.stop:
            if not 1 <= len(sequence) <= MAX_STOP_CHARACTERS:
                raise BadInput(f"{prefix}stop", f"each sequence has from 1 to {MAX_STOP_CHARACTERS} characters")
            check_text(sequence, f"{prefix}stop")


_NAMES = tuple(each.name for each in fields(CompletionParameters))
