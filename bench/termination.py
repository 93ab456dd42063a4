"""How a benchmark ends before its time: with all that it has started."""

from __future__ import annotations

import signal
from types import FrameType


def end_as_by_interrupt() -> None:
    """SIGTERM does what Ctrl-C does, which is to leave every `with` on the way out. By itself it would leave the
    servers of the benchmark running. To be called by the main thread.
    """
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
