"""The ways in which replies come to be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from tests.chaos.caller import Caller, Started

REGENERATED_REPLIES: Final = 2


class Way(NamedTuple):
    """And what the tree is then.

    Args:
        begin: posts the upstream's script.
        siblings: how many replies there are to the same message.
        wordings: how many there are of that.
    """

    begin: Callable[[Caller, str], Awaitable[Started]]
    siblings: int
    wordings: int


POSTED: Final = Way(lambda caller, prompt: caller.post(prompt), 1, 1)
EDITED: Final = Way(lambda caller, prompt: caller.edit(prompt), 1, 2)
REGENERATED: Final = Way(
    lambda caller, prompt: caller.regenerate(prompt, REGENERATED_REPLIES), REGENERATED_REPLIES + 1, 1
)
