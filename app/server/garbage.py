"""How often Python looks for garbage cycles."""

from __future__ import annotations

import gc
from typing import Final

ALLOCATED_BETWEEN_COLLECTIONS: Final = 10_000
"""Objects that Python looks through at a time, those that were not freed in between. Of its 700 a page of messages has
several times as many, all in use, and to look through them took a quarter of what it cost.
"""


def look_rarely() -> None:
    """To be called when all is there that stays: each full collection would go through it, and hold every stream up for
    0.1 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATED_BETWEEN_COLLECTIONS)
