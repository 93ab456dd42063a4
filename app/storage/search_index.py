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
from typing import Final

from app.chat.errors import StorageUnavailable
from app.storage.client import Database
from app.storage.query_engine import Parameter
from app.storage.reaching import run_statement
from app.storage.search_statements import INDEX_OF_ALL, INDEX_OF_OWNER

logger = logging.getLogger("parley.storage")

BATCH: Final = 50
"""Messages a statement: of usual ones it takes some 50 ms, of the longest some seconds."""
IDLE_SECONDS: Final = 5.0
"""Between two looks when there was nothing to do."""


async def index_owner(database: Database, owner: str) -> None:
    """Returns when everything that the owner has said before is indexed.

    Raises:
        StorageUnavailable: the database cannot be reached.
    """
    while await _pending(database, INDEX_OF_OWNER, owner, BATCH) == BATCH:
        pass


async def index_all(database: Database) -> int:
    """Indexes a batch of what nobody else is indexing; returns how many messages there were, at most `BATCH`.

    Raises:
        StorageUnavailable: the database cannot be reached.
    """
    return await _pending(database, INDEX_OF_ALL, BATCH)


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
            busy = await index_all(database) == BATCH
        except StorageUnavailable:  # which requests tell
            busy = False
        except Exception:  # it may be gone by the next look, and searches index for themselves
            logger.exception("search index: cannot be filled now")
            busy = False
        await asyncio.sleep(0 if busy else idle_seconds)


async def _pending(database: Database, statement: str, *arguments: Parameter) -> int:
    [answer] = await run_statement(database, statement, *arguments)
    return int(answer["pending"])
