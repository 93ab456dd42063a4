"""Fills in the words of what has been said.

The end of a reply leaves an entry without words, for its statement is one that all other streams of its server wait
for. A search indexes what its own owner has left; in between each server indexes for everybody, a little at a time, so
that a search finds nothing, or not much, still to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from app.chat.errors import StorageUnavailable
from app.storage.client import Database
from app.storage.reaching import run_statement
from app.storage.search_statements import INDEX_OF_ALL, INDEX_OF_OWNER

logger = logging.getLogger("parley.storage")

BATCH: Final = 50
"""Messages a statement: of usual ones it takes some 50 ms."""
BATCH_BYTES: Final = 512 * 1024
"""Of their text, but for the last one's: of long ones a statement takes about a second."""
IDLE_SECONDS: Final = 5.0
"""Between two looks when there was nothing to do."""
PATIENCE_SECONDS: Final = 2.0
"""How long a search waits for the index; then it finds what is there."""
MAX_OWNERS_AT_ONCE: Final = 2
_POLL_SECONDS: Final = 0.02
"""Between two looks at what another one has in hand."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Args:
    count: how many messages were indexed.
    more: whether more were to be indexed, by whomever.
    """

    count: int
    more: bool


class OwnerIndex:
    """Indexes for those who search: of each owner one statement at a time, however many of them search."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._places = asyncio.Semaphore(MAX_OWNERS_AT_ONCE)
        self._last: dict[str, _Pass] = {}

    async def catch_up(self, owner: str) -> None:
        """Returns when everything that the owner has said before is indexed, or after PATIENCE_SECONDS.

        Raises:
            StorageUnavailable: the database cannot be reached.
        """
        last = self._last.get(owner)
        if last is None or last.begun:  # it may have passed what was said just now
            last = self._last[owner] = _Pass(self, owner, last)
        done, _ = await asyncio.wait({last.task}, timeout=PATIENCE_SECONDS)
        for each in done:
            each.result()

    async def batch(self, owner: str) -> Filled:
        async with self._places:
            return await _fill(self._db, INDEX_OF_OWNER, owner, BATCH, BATCH_BYTES)

    def forget(self, ended: _Pass) -> None:
        if self._last.get(ended.owner) is ended:
            del self._last[ended.owner]


class _Pass:
    """One indexing of all that an owner has said before it begins. It goes on when those go who wait for it."""

    def __init__(self, index: OwnerIndex, owner: str, previous: _Pass | None) -> None:
        self.owner = owner
        self.begun = False
        self.task = asyncio.create_task(self._run(index, previous), name="search index of an owner")
        self.task.add_done_callback(_note_failure)

    async def _run(self, index: OwnerIndex, previous: _Pass | None) -> None:
        clock = asyncio.get_running_loop().time
        try:
            if previous:
                await asyncio.wait({previous.task})
            self.begun = True
            give_up = clock() + PATIENCE_SECONDS
            while (filled := await index.batch(self.owner)).more and clock() < give_up:
                if filled.count:
                    give_up = clock() + PATIENCE_SECONDS
                else:
                    await asyncio.sleep(_POLL_SECONDS)
        finally:
            index.forget(self)


def _note_failure(task: asyncio.Task[None]) -> None:
    """Who waited for it has been told; where nobody did any more, it is nobody's."""
    if not task.cancelled():
        task.exception()


async def index_all(database: Database) -> int:
    """Indexes a batch of what nobody else is indexing; returns how many messages there were, at most `BATCH`.

    Raises:
        StorageUnavailable: the database cannot be reached.
    """
    return (await _fill(database, INDEX_OF_ALL, BATCH, BATCH_BYTES)).count


@asynccontextmanager
async def indexing(database: Database, *, idle_seconds: float = IDLE_SECONDS) -> AsyncGenerator[None]:
    """Indexes in the background for as long as the block runs. Any number of processes may do so at once."""
    running = asyncio.create_task(_index_for_ever(database, idle_seconds), name="search index")
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _index_for_ever(database: Database, idle_seconds: float) -> None:
    while True:
        try:
            busy = await index_all(database) > 0
        except StorageUnavailable:  # which requests tell
            busy = False
        except Exception:  # it may be gone by the next look, and searches index for themselves
            logger.exception("search index: cannot be filled now")
            busy = False
        await asyncio.sleep(0 if busy else idle_seconds)


async def _fill(database: Database, statement: str, *arguments: object) -> Filled:
    [answer] = await run_statement(database, statement, *arguments)
    return Filled(answer["filled"], answer["more"])
