"""Follows replies wherever they are written: one LISTEN connection and one mirror per followed reply; a watcher is only
a cursor into the mirror. What this process writes itself is not read again: it goes from the commit to the mirror.

Invariants (of design section "The promise"):
- 5: LISTEN stands before the first read; NOTIFY is only a hint, and a slow poll backs it up; a gap is never stepped
  over.
- 6: exactly one End per watcher, always last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from uuid import UUID

import asyncpg

from app.chat.errors import BadInput, NotFound, StorageUnavailable
from app.chat.events import CompletionEvent
from app.chat.identifiers import MessageId
from app.log.batch import Append
from app.log.connection import LOST, Connection, Link
from app.log.cursor import Cursor
from app.log.hint import EVERYTHING, Hints
from app.log.mirror import Gap, Mirror
from app.log.mirror_watch import MirrorWatch
from app.log.statements import FOLLOW, LOAD, LOG_CHANNEL, QUEUE_CHANNEL, STOP_CHANNEL, VANISHED

logger = logging.getLogger("parley.log")

POLL_SECONDS = 1.0
RETRY_SECONDS = 0.1
LOAD_DEADLINE_SECONDS = 10.0


class Watcher:
    """Args:
    stop_asked: called with the id of each reply that somebody, anywhere, asked to stop.
    queue_moved: called when a turn that waits may be next.
    is_own: whether what that process of PostgreSQL notifies of was told by `tell_committed`, or will be.
    """

    def __init__(
        self,
        url: str,
        *,
        stop_asked: Callable[[MessageId], None],
        queue_moved: Callable[[], None],
        is_own: Callable[[int], bool],
    ) -> None:
        self._is_own = is_own
        self._queue_moved = queue_moved
        self._link = Link(url, "watcher", self._listen)
        self._stop_asked = stop_asked
        self._mirrors: dict[MessageId, Mirror] = {}
        self._hints = Hints()
        self._wake = asyncio.Event()
        self._next_poll = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def followed(self) -> Collection[MessageId]:
        return self._mirrors.keys()

    async def start(self) -> None:
        await self._link.use(_nothing)  # LISTEN, or say now that it cannot be done
        self._task = asyncio.create_task(self._follow_forever(), name="log watcher")

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._link.close()

    def watch(self, id: MessageId, after: int) -> MirrorWatch:
        cursor = Cursor(id, Mirror(), after)
        return MirrorWatch(cursor, self._events(cursor))

    async def _events(self, cursor: Cursor) -> AsyncGenerator[CompletionEvent, None]:
        id, after = cursor.id, cursor.seq
        mirror = cursor.mirror = self._mirrors.setdefault(id, cursor.mirror)
        self._hints.follow(id)
        mirror.watchers += 1
        try:
            await self._loaded(mirror)
            if after > mirror.seq and not mirror.ended:
                mirror.loaded = False  # it may have been seen in another process, which reads ahead of this one
                await self._loaded(mirror)
            if after > mirror.seq:
                raise BadInput("after", f"is {after}, but the reply has only {mirror.seq}")
            while not cursor.ended:
                if event := cursor.next():
                    yield event
                else:
                    await mirror.change()
        finally:
            mirror.watchers -= 1
            if not mirror.watchers:
                del self._mirrors[id]
                self._hints.forget(id)

    def tell_committed(self, rows: Sequence[Append]) -> None:
        """What this process's own writer has just committed."""
        told = []
        for row in rows:
            if not (mirror := self._mirrors.get(row.id)):
                continue
            if mirror.loaded and row.seq <= mirror.seq + 1:
                mirror.feed(row.seq, row.content, row.reasoning, row.final)
                told.append(mirror)
            else:  # it is just being read, perhaps as it was before the commit
                self._hints.add_reply(row.id)
                self._wake.set()
        for mirror in told:
            mirror.tell()

    async def _loaded(self, mirror: Mirror) -> None:
        """Raises:
        NotFound: there is no such reply.
        StorageUnavailable: it cannot be known now.
        """
        self._wake.set()
        try:
            async with asyncio.timeout(LOAD_DEADLINE_SECONDS):
                while not (mirror.loaded or mirror.gone):
                    await mirror.change()
        except TimeoutError:
            raise StorageUnavailable from None
        if mirror.gone:
            raise NotFound("message")

    async def _listen(self, connection: Connection) -> None:
        await connection.add_listener(LOG_CHANNEL, self._on_log)
        await connection.add_listener(STOP_CHANNEL, self._on_stop)
        await connection.add_listener(QUEUE_CHANNEL, self._on_queue)
        connection.add_termination_listener(self._on_lost)

    def _on_log(self, _connection: object, process: int, _channel: str, payload: object) -> None:
        if not self._is_own(process) and self._hints.add(str(payload)):
            self._wake.set()

    def _on_queue(self, *_: object) -> None:
        self._queue_moved()

    def _on_lost(self, *_: object) -> None:
        self._look_at_everything()

    def _look_at_everything(self) -> None:
        self._hints.add(EVERYTHING)
        self._wake.set()

    def _on_stop(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._stop_asked(MessageId(UUID(str(payload))))

    async def _follow_forever(self) -> None:
        while True:
            hinted = await self._hint()
            try:
                await self._link.use(self._read if hinted else self._read_and_check)
            except LOST:
                await asyncio.sleep(RETRY_SECONDS)
                self._look_at_everything()  # what was notified meanwhile is lost
            except Exception:
                logger.exception("log could not be read")
                await asyncio.sleep(POLL_SECONDS)

    async def _hint(self) -> bool:
        """Waits for a hint; False when it is time to look without one, however many there are."""
        clock = asyncio.get_running_loop().time
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._next_poll):
                await self._wake.wait()
        self._wake.clear()
        if clock() < self._next_poll:
            return True
        self._next_poll = clock() + POLL_SECONDS
        self._hints.add(EVERYTHING)
        return False

    async def _read(self, connection: Connection) -> None:
        hinted = self._hints.take()
        await self._load(connection)
        growing = {id: each.seq for id in hinted if (each := self._mirrors.get(id)) and each.loaded and not each.ended}
        if growing:
            self._feed(await connection.fetch(FOLLOW, list(growing), list(growing.values())))

    async def _read_and_check(self, connection: Connection) -> None:
        await self._read(connection)
        followed = [id for id, each in self._mirrors.items() if each.loaded and not each.ended]
        for row in await connection.fetch(VANISHED, followed) if followed else ():
            if mirror := self._mirrors.get(row["id"]):
                mirror.loaded = False
                self._wake.set()

    async def _load(self, connection: Connection) -> None:
        wanted = [id for id, each in self._mirrors.items() if not each.loaded]
        for row in await connection.fetch(LOAD, wanted) if wanted else ():
            mirror = self._mirrors.get(row["id"])
            if mirror and not mirror.loaded:
                try:
                    _fill(mirror, row)
                except Gap:  # its watchers are told that it cannot be read; the others have nothing to do with it
                    logger.error("log has a gap", extra={"reply": str(row["id"]), "expected": mirror.seq + 1})
                mirror.tell()

    def _feed(self, rows: Iterable[asyncpg.Record]) -> None:
        told: set[Mirror] = set()
        for id, seq, content, reasoning, final in rows:
            mirror = self._mirrors.get(id)
            if mirror is None:
                continue
            try:
                mirror.feed(seq, content, reasoning, final)
            except Gap:
                logger.error("log has a gap", extra={"reply": str(id), "seq": seq, "expected": mirror.seq + 1})
            told.add(mirror)
        for mirror in told:
            mirror.tell()


def _fill(mirror: Mirror, row: asyncpg.Record) -> None:
    if row["gone"]:
        mirror.gone = True
        return
    if row["seqs"] is None:
        if row["ended"]:
            mirror.trimmed(row["seq"], row["content"], row["reasoning"])
    else:
        for seq, content, reasoning, final in zip(
            row["seqs"], row["contents"], row["reasonings"], row["finals"], strict=True
        ):
            mirror.feed(seq, content, reasoning, final)
    mirror.loaded = True


async def _nothing(connection: Connection) -> None:
    """What `Link.use` is given to have the connection opened."""
