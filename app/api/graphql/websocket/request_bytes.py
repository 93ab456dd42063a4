"""What the requests under way on one socket take."""

from __future__ import annotations

import asyncio
from typing import Any

from app.api.graphql.limits import MAX_REQUEST_BYTES_PER_SOCKET


class RequestBytes:
    """Counted as they were sent: in memory each may be some times as much."""

    def __init__(self) -> None:
        self._held = 0

    def have_room_for(self, size_bytes: int) -> bool:
        return self._held + size_bytes <= MAX_REQUEST_BYTES_PER_SOCKET

    def hold(self, size_bytes: int, operation: asyncio.Task[Any]) -> None:
        """Until that is done, also where its client has given it up before."""
        self._held += size_bytes
        operation.add_done_callback(lambda _: self._release(size_bytes))

    def _release(self, size_bytes: int) -> None:
        self._held -= size_bytes
