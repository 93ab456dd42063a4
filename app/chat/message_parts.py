"""The parts of messages, so that nothing is read of them that nobody asks for: a page has them by the hundred."""

from __future__ import annotations

import enum
from typing import Any, Final, NoReturn


class MessageParts(enum.Flag):
    """What is read of messages besides what each of them has: its id, role, status, depth, and when it was created."""

    NONE = 0
    PLACE = enum.auto()
    """`conversation_id`, `parent_id`: two thirds of a page's UUIDs, which are the dearest values to take in."""
    TEXT = enum.auto()
    """`text`; of those in flight it comes from the log."""
    OUTCOME = enum.auto()
    """`model`, `finish_reason`, `usage`, `error`, `completed_at`."""
    METADATA = enum.auto()
    TURN = enum.auto()
    """`turn_id`, `parameters`."""
    WHOLE = PLACE | TEXT | OUTCOME | METADATA | TURN


class _NotRead:
    """Has no attribute and is no value of any type; least of all is it null."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("this part of the message was not read")

    __str__ = __bool__


NOT_READ: Final[Any] = _NotRead()
"""Stands for what belongs to a part that was not read. Whoever uses it is told so by an exception."""
