"""The group-commit writer: one connection, and no timer.

Whatever has gathered for all streams is committed as soon as the commit before it is through: the latency of one
commit when idle, bigger groups under load.

Invariants (of design section "The promise"):
- 2: text is told to watchers by the commit's own NOTIFY, and to those of this process by its answer, so only committed
  text is ever seen.
- 3: a batch is refused when the writer has lost its lease, or a reply is no longer its own.
- A batch whose answer was lost is committed again to the letter; rows that are there already stay as they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

import asyncpg

from app.chat.events import Outcome
from app.chat.identifiers import MessageId, WriterId
from app.chat.ports import Fenced, Overflow
from app.log.batch import Append, Batch, Ending, Stream, gather
from app.log.connection import LOST, Connection, Link
from app.log.hint import hint
from app.log.statements import APPEND, SETTLE, SETTLE_AND_END

logger = logging.getLogger("parley.log")

MAX_WAITING_CHARACTERS = 4 * 1024 * 1024
"""Of one stream; above it `append` waits, and so does the backend."""
MAX_WAITING_CHARACTERS_IN_ALL = 64 * 1024 * 1024
STALL_SECONDS = 15.0
"""How long `append` waits for room before the reply is cut short."""
LAST_FLUSH_SECONDS = 2.0
"""How long `close` waits for the database."""


class Writer:
    """Args:
    current: this process's writer id, for as long as its lease holds.
    committed: called with the rows of the log that were just committed.
    fenced: called when a batch was refused because the lease is lost.
    """

    def __init__(
        self,
        link: Link,
        current: Callable[[], WriterId],
        *,
        committed: Callable[[Sequence[Append]], None],
        fenced: Callable[[WriterId], None],
    ) -> None:
        self._link = link
        self._current = current
        self._committed = committed
        self._fenced = fenced
        self._streams: dict[MessageId, Stream] = {}
        self._dirty: set[Stream] = set()
        self._refused: frozenset[MessageId] = frozenset()
        self._wake = asyncio.Event()
        self._flushed = asyncio.Event()
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def open_streams(self) -> list[MessageId]:
        return list(self._streams)

    def start(self) -> None:
        self._task = asyncio.create_task(self._flush_forever(), name="log writer")

    async def close(self) -> None:
        """Commits what waits, if the database takes it, then stops."""
        if self._task:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_FLUSH_SECONDS):
                    while self._dirty and not self._task.done():
                        await self._flushed.wait()
            self._task.cancel()
            await asyncio.wait([self._task])

    def open(self, id: MessageId) -> OpenStream:
        stream = self._streams[id] = Stream(id)
        if id in self._refused:
            stream.lost = Fenced(f"reply {id} was taken for lost")
        return OpenStream(self, stream)

    def refuse(self, ids: Collection[MessageId]) -> None:
        """None of these replies, and of no others, may be opened from now on: they are given their ends."""
        self._refused = frozenset(ids)

    def abandon(self, error: Exception) -> None:
        """Nothing more of any stream can be written."""
        for stream in list(self._streams.values()):
            self._lose(stream, error)

    def add(self, stream: Stream, content: str, reasoning: str) -> None:
        stream.add(content, reasoning)
        self._waiting += len(content) + len(reasoning)
        self.mark(stream)

    def mark(self, stream: Stream) -> None:
        self._dirty.add(stream)
        self._wake.set()

    def forget(self, stream: Stream) -> None:
        self._streams.pop(stream.id, None)
        self._dirty.discard(stream)

    def full(self, stream: Stream) -> bool:
        return stream.waiting_size > MAX_WAITING_CHARACTERS or self._waiting > MAX_WAITING_CHARACTERS_IN_ALL

    async def room(self, stream: Stream) -> None:
        """Waits for a flush to make room.

        Raises:
            Overflow: none did in time.
        """
        try:
            async with asyncio.timeout(STALL_SECONDS):
                while self.full(stream) and not stream.lost:
                    await self._flushed.wait()
        except TimeoutError:
            raise Overflow from None

    async def _flush_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            dirty, self._dirty = self._dirty, set()
            self._waiting = 0
            batch = gather(each for each in dirty if not each.lost)  # which would leave a gap where it was lost
            if batch.appends:
                try:
                    await self._commit(batch)
                except Exception as error:
                    logger.exception("flush failed")
                    for stream in batch.streams:
                        self._lose(stream, error)
            flushed, self._flushed = self._flushed, asyncio.Event()
            flushed.set()

    async def _commit(self, batch: Batch) -> None:
        """Commits the batch; what PostgreSQL will not take of it ends only the streams concerned."""
        try:
            if batch.endings or not await self._append(batch):
                await self._settle(batch)
        except asyncpg.PostgresError:
            for stream in batch.streams:
                await self._settle_alone(_part(batch, stream))

    async def _settle_alone(self, batch: Batch) -> None:
        [stream] = batch.streams
        try:
            await self._settle(batch)
        except asyncpg.PostgresError as error:
            logger.exception("delta refused", extra={"reply": str(stream.id)})
            self._lose(stream, error)

    async def _append(self, batch: Batch) -> bool:
        """Whether all of it was committed; if not, some of it may have been."""
        arguments = _new_rows(batch, self._current())

        async def run(connection: Connection) -> int:
            inserted: int = await connection.fetchval(APPEND, *arguments)
            return inserted

        try:
            whole = await self._link.use(run) == len(batch.appends)
        except LOST:
            return False
        if whole:
            self._committed(batch.appends)
        return whole

    async def _settle(self, batch: Batch) -> None:
        """Commits what is not committed yet, and finds out what is not ours."""
        writer = self._current()
        sql, arguments = _statement(batch, writer)

        async def run(connection: Connection) -> asyncpg.Record | None:
            return await connection.fetchrow(sql, *arguments)

        answer = await self._link.insist(run)
        assert answer is not None  # noqa: S101 - a SELECT without FROM has one row
        ours = set(answer["ours"])
        self._committed([each for each in batch.appends if each.id in ours])
        ending = {each.id for each in batch.endings}  # not: has an outcome by now, which may wait for the next batch
        for stream in batch.streams:
            if stream.id not in ours:
                self._lose(stream, Fenced(f"reply {stream.id} is not this writer's"))
            elif stream.id in ending and stream.ended and not stream.ended.done():
                stream.ended.set_result(None)
        if not answer["alive"]:
            self._fenced(writer)

    def _lose(self, stream: Stream, error: Exception) -> None:
        stream.lost = error
        if stream.ended and not stream.ended.done():
            stream.ended.set_exception(error)


class OpenStream:
    """The log of one reply, for its runner (app.chat.ports.ReplyLog)."""

    def __init__(self, writer: Writer, stream: Stream) -> None:
        self._writer = writer
        self._stream = stream

    async def append(self, content: str, reasoning: str = "") -> None:
        stream = self._stream
        if self._writer.full(stream):
            await self._writer.room(stream)
        if stream.lost:
            raise stream.lost
        if content or reasoning:
            self._writer.add(stream, content, reasoning)

    async def end(self, outcome: Outcome) -> None:
        stream = self._stream
        try:
            if stream.lost:
                raise stream.lost
            stream.outcome = outcome
            stream.ended = asyncio.get_running_loop().create_future()
            self._writer.mark(stream)
            await stream.ended
        finally:
            self._writer.forget(stream)


def _part(batch: Batch, stream: Stream) -> Batch:
    return Batch(
        (stream,),
        tuple(each for each in batch.appends if each.id == stream.id),
        tuple(each for each in batch.endings if each.id == stream.id),
    )


def _new_rows(batch: Batch, writer: WriterId) -> list[object]:
    """Of a batch without ends: a row for each stream."""
    ids, seqs, contents, reasonings, _ = zip(*batch.appends, strict=True)
    return [writer, ids, hint(ids), seqs, contents, reasonings]


def _statement(batch: Batch, writer: WriterId) -> tuple[str, list[object]]:
    arguments: list[object] = [writer, batch.ids, hint(batch.ids), *zip(*batch.appends, strict=True)]
    if not batch.endings:
        return SETTLE, arguments
    return SETTLE_AND_END, [*arguments, *zip(*map(_end_row, batch.endings), strict=True)]


def _end_row(ending: Ending) -> tuple[object, ...]:
    outcome, usage, error = ending.outcome, ending.outcome.usage, ending.outcome.error
    return (
        ending.id,
        outcome.status,
        ending.text.content,
        ending.text.reasoning,
        ending.text.seq,
        outcome.finish_reason,
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
        usage.source if usage else None,
        error.code if error else None,
        error.message if error else None,
        error.retryable if error else None,
    )
