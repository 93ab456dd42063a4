"""The word to all connections of a server that it is about to stop."""

from __future__ import annotations

import asyncio


class Drain:
    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.grace_seconds = 0.0
        """How long operations under way may take to come to their end."""

    def begin(self, grace_seconds: float) -> None:
        self.grace_seconds = grace_seconds
        self.begun.set()
