"""All graphql-sse streams of a server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack
from typing import Any

from starlette.requests import Request

from app.api.graphql.sse.event_stream import EventStream
from app.api.graphql.sse.open_streams import OpenStreams
from app.api.graphql.sse.pace import Pace
from app.api.identity import Identify, Identity, revocation
from app.chat.errors import ShuttingDown

PACE = Pace()


class EventStreams:
    def __init__(self, identify: Identify, *, pace: Pace = PACE) -> None:
        self._identify = identify
        self._pace = pace
        self._open = OpenStreams()

    def __len__(self) -> int:
        return len(self._open)

    def open(
        self, request: Request, identity: Identity, responses: AsyncGenerator[Mapping[str, Any], None]
    ) -> EventStream:
        """The answer to a request, which is open like a socket for as long as it is sent.

        Raises:
            ShuttingDown: clients come again, and find a server that stays.
            RateLimited: the caller has as many open as may be.
        """
        if self._open.draining:
            raise ShuttingDown
        counted = ExitStack()
        if identity.allowance:
            counted.enter_context(identity.allowance.socket())
        return EventStream(
            responses,
            streams=self._open,
            revoked=revocation(self._identify, request, identity),
            counted=counted,
            pace=self._pace,
        )

    async def drain(self, grace_seconds: float) -> None:
        """Refuses new streams, lets those that are open come to their end within the grace period, and ends the rest
        as a lost connection, to be made again. May be called again to hurry.
        """
        await self._open.drain(grace_seconds, self._pace.close_deadline)
