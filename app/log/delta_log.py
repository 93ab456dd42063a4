"""The log as the domain sees it (app.chat.ports.Log)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from app.chat.errors import StorageUnavailable
from app.chat.identifiers import MessageId, WriterId
from app.chat.ports import Fenced
from app.chat.records import Text
from app.chat.watch import Watch
from app.log.connection import LOST, Connection, Link
from app.log.lease import BEATS_PER_LEASE, LEASE_SECONDS, Lease
from app.log.retention import RETENTION, Retention
from app.log.statements import LOCK_WAITING_TURN, PLAN_APPENDS_ONCE, REQUEST_STOP, TEXTS
from app.log.watcher import Watcher
from app.log.writer import OpenStream, Writer

Answer = TypeVar("Answer")


class DeltaLog:
    """Args:
    url: of PostgreSQL, as libpq takes it.
    lease_seconds: how long after its last sign of life a writer counts as dead.
    retention: how long the log of a reply is kept after its end.
    """

    def __init__(self, url: str, *, lease_seconds: float = LEASE_SECONDS, retention: timedelta = RETENTION) -> None:
        self._queue_callbacks: list[Callable[[], None]] = []
        self._stop_callbacks: list[Callable[[MessageId], None]] = []
        self._fenced_callbacks: list[Callable[[], None]] = []
        self._commits = Link(url, "writer", _plan_appends_once)
        self._reads = Link(url, "reader")
        # A beat that hangs must not outlive the lease that it renews.
        self._control = Link(url, "lease", answer_seconds=lease_seconds / BEATS_PER_LEASE)
        self._lease = Lease(
            self._control,
            lost=self._dismissed,
            stop_asked=self._stop_asked,
            open_streams=lambda: self._writer.open_streams,
            refuse=self._refuse,
            queue_moved=self._queue_moved,
            seconds=lease_seconds,
        )
        self._watcher = Watcher(
            url,
            stop_asked=self._stop_asked,
            queue_moved=self._queue_moved,
            is_own=lambda process: process == self._commits.server_process,
        )
        self._writer = Writer(
            self._commits,
            lambda: self._lease.writer,
            committed=self._watcher.tell_committed,
            fenced=self._lease.dismissed,
        )
        self.retention = Retention(Link(url, "retention"), retention)

    async def start(self) -> None:
        """Raises:
        StorageUnavailable: the database cannot be reached.
        """
        try:
            await self._lease.start()
            await self._watcher.start()
        except LOST as error:
            raise StorageUnavailable from error
        self._writer.start()
        self.retention.start()

    async def close(self) -> None:
        """Commits what waits, gives the lease back and closes the connections."""
        await self.retention.close()
        await self._writer.close()
        await self._lease.close()
        await self._watcher.close()
        for link in (self._commits, self._reads, self._control):
            await link.close()

    @property
    def writer(self) -> WriterId:
        return self._lease.writer

    def open(self, id: MessageId) -> OpenStream:
        return self._writer.open(id)

    def watch(self, id: MessageId, after: int) -> Watch:
        return self._watcher.watch(id, after)

    @property
    def followed(self) -> Collection[MessageId]:
        """The replies that somebody watches here."""
        return self._watcher.followed

    async def texts(self, ids: Sequence[MessageId]) -> Mapping[MessageId, Text]:
        async def read(connection: Connection) -> Mapping[MessageId, Text]:
            rows = await connection.fetch(TEXTS, ids)
            return {row["message_id"]: Text(row["seq"], row["content"], row["reasoning"]) for row in rows}

        return await self._read(read)

    async def request_stop(self, id: MessageId) -> None:
        async def ask(connection: Connection) -> None:
            async with connection.transaction():
                await connection.execute(LOCK_WAITING_TURN, id)
                await connection.execute(REQUEST_STOP, id)

        await self._read(ask)

    async def check(self) -> None:
        """Raises:
        StorageUnavailable: the database does not answer.
        """

        async def ask(connection: Connection) -> None:
            await connection.execute("SELECT 1")

        await self._read(ask)

    def on_stop(self, callback: Callable[[MessageId], None]) -> None:
        self._stop_callbacks.append(callback)

    def on_queue(self, callback: Callable[[], None]) -> None:
        self._queue_callbacks.append(callback)

    def on_fenced(self, callback: Callable[[], None]) -> None:
        self._fenced_callbacks.append(callback)

    async def _read(self, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Twice, because the first may find only that its connection died while it was idle."""
        try:
            return await self._reads.use(work)
        except LOST:
            pass
        try:
            return await self._reads.use(work)
        except LOST as error:
            raise StorageUnavailable from error

    def _stop_asked(self, id: MessageId) -> None:
        for callback in self._stop_callbacks:
            callback(id)

    def _queue_moved(self) -> None:
        for callback in self._queue_callbacks:
            callback()

    def _refuse(self, ids: Collection[MessageId]) -> None:
        self._writer.refuse(ids)

    def _dismissed(self) -> None:
        self._writer.abandon(Fenced("this writer lost its lease"))
        for callback in self._fenced_callbacks:
            callback()


async def _plan_appends_once(connection: Connection) -> None:
    await connection.execute(PLAN_APPENDS_ONCE)
