"""Leases and the reaper: who may write, and what becomes of the replies of a process that died.

A process is a writer for as long as its row in `writers` exists. It renews its lease; any process dismisses writers
whose lease has run out, by the database's clock, and ends their replies INTERRUPTED with the text of their log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from app.chat.identifiers import MessageId, WriterId, new_uuid
from app.log.connection import LOST, Connection, Link
from app.log.statements import (
    DISMISS,
    END_EMPTY_TURNS,
    EXPIRED,
    INTERRUPT_ORPHANS,
    INTERRUPT_STRAYS,
    REGISTER,
    RENEW,
    RESIGN,
    RUN_OUT,
    STOPS_REQUESTED,
    STRAYS,
    TRY_REAPER,
)
from app.log.suspects import Suspects

logger = logging.getLogger("parley.log")

LEASE_SECONDS = 10.0
BEATS_PER_LEASE = 4
LONGEST_BEAT_SECONDS = 2.5
"""A beat is also what makes up for a lost notification, so it stays short where the lease is long."""
STRAY_LEASES = 3
"""For how many leases nobody must have generated a reply before its begin is taken for lost."""


class Lease:
    """Args:
    lost: called when this process was dismissed; all its replies have been ended.
    stop_asked: called with the id of each reply of this writer that somebody asked to stop.
    open_streams: the replies that this process generates.
    refuse: called with the replies that must not be begun here until it is called again.
    queue_moved: called at each beat, in case that a notification was lost.
    """

    def __init__(
        self,
        link: Link,
        *,
        lost: Callable[[], None],
        stop_asked: Callable[[MessageId], None],
        open_streams: Callable[[], Iterable[MessageId]],
        refuse: Callable[[Collection[MessageId]], None],
        queue_moved: Callable[[], None],
        seconds: float = LEASE_SECONDS,
    ) -> None:
        self._link = link
        self._lost = lost
        self._stop_asked = stop_asked
        self._open_streams = open_streams
        self._refuse = refuse
        self._queue_moved = queue_moved
        self._seconds = seconds
        self.writer = WriterId(new_uuid())
        self._dismissed = asyncio.Event()
        self._strays: dict[MessageId, float] = {}
        self._beat_seconds = min(seconds / BEATS_PER_LEASE, LONGEST_BEAT_SECONDS)
        self._suspects = Suspects(seconds / BEATS_PER_LEASE + self._beat_seconds)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._link.use(self._register)
        await self._link.use(self._reap)
        self._task = asyncio.create_task(self._beat_forever(), name="log lease")

    async def close(self) -> None:
        """Gives the lease back; the writer must have no reply in flight any more."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
            with suppress(*LOST):  # then it runs out
                await self._link.use(self._resign)

    def dismissed(self, writer: WriterId) -> None:
        """A batch of `writer` was refused: do not wait for the next beat to find out why."""
        if writer == self.writer:
            self._dismissed.set()

    async def _beat_forever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._beat_seconds):
                    await self._dismissed.wait()
            except TimeoutError:
                pass
            self._dismissed.clear()
            try:
                await self._link.use(self._beat)
            except LOST:
                pass  # the next beat tries again, while the lease runs out
            except Exception:
                logger.exception("lease could not be renewed")

    async def _beat(self, connection: Connection) -> None:
        """Renews first, so that a process never reaps itself after the database was away."""
        if await connection.fetchval(RENEW, self.writer, self._seconds) is None:
            logger.error("this writer was dismissed; its replies have been ended", extra={"writer": str(self.writer)})
            self._lost()
            self.writer = WriterId(new_uuid())
            await self._register(connection)
        for row in await connection.fetch(STOPS_REQUESTED, self.writer):
            self._stop_asked(row["id"])
        await self._reap(connection)
        self._queue_moved()
        await self._end_strays(connection)

    async def _register(self, connection: Connection) -> None:
        await connection.execute(REGISTER, self.writer, self._seconds)

    async def _resign(self, connection: Connection) -> None:
        await connection.execute(RESIGN, self.writer)

    async def _reap(self, connection: Connection) -> None:
        """Dismisses writers whose lease has run out and ends their replies; one process wins.

        Only those that have been found so for long enough to have renewed, were they alive: see `Suspects`.
        """
        async with connection.transaction():
            if not await connection.fetchval(TRY_REAPER):
                return
            run_out = {row["id"]: row["lease_until"] for row in await connection.fetch(RUN_OUT)}
            silent = self._suspects.silent(run_out, asyncio.get_running_loop().time())
            expired = [row["id"] for row in await connection.fetch(EXPIRED, self.writer, self._seconds, silent)]
            if expired:
                await connection.execute(DISMISS, expired)
            ended = await connection.fetch(INTERRUPT_ORPHANS)
            if empty := await connection.fetch(END_EMPTY_TURNS):
                logger.error(
                    "turns without a reply in flight were ended", extra={"turns": [str(row[0]) for row in empty]}
                )
        if expired or ended:
            logger.warning(
                "writers dismissed",
                extra={"writers": [str(id) for id in expired], "replies": [str(row["id"]) for row in ended]},
            )

    async def _end_strays(self, connection: Connection) -> None:
        """Ends replies that have been this process's for long, and that it knows nothing of.

        Counted from when they were first found so, not from when they were made: one that waited in the queue is old
        when it begins.
        """
        now = asyncio.get_running_loop().time()
        rows = await connection.fetch(STRAYS, self.writer, list(self._open_streams()))
        self._strays = {row["id"]: self._strays.get(row["id"], now) for row in rows}
        lost = [id for id, since in self._strays.items() if now - since >= STRAY_LEASES * self._seconds]
        lost = list(set(lost).difference(self._open_streams()))
        self._refuse(lost)  # or one that begins just now would show what the end that it is given has come before
        if lost:
            await connection.fetch(INTERRUPT_STRAYS, self.writer, lost)
            logger.error("replies that nobody generated were ended", extra={"replies": [str(id) for id in lost]})
