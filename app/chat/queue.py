"""Turns that wait for the one before them (whenBusy ENQUEUE): durable, in order, started by whichever process is there.

Invariants:
- Of a conversation one turn runs; the next one is claimed only when none does. The database decides.
- A claimed turn is started by the process that claimed it, or its replies are ended by the reaper.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from app.chat.changes import StartedTurn
from app.chat.completion import ModelCatalog
from app.chat.errors import StorageUnavailable
from app.chat.events import Outcome
from app.chat.ports import Fenced, Log, Records
from app.chat.runner import Runner, explain
from app.chat.status import MessageStatus

logger = logging.getLogger("parley.chat")


class Queue:
    def __init__(self, records: Records, log: Log, catalog: ModelCatalog, runner: Runner) -> None:
        self._records = records
        self._log = log
        self._catalog = catalog
        self._runner = runner
        self._open = True
        self._moved = False
        self._advancing: asyncio.Task[None] | None = None
        log.on_queue(self.advance)

    def advance(self) -> None:
        """Starts, soon, what is next anywhere. Cheap to call too often."""
        self._moved = True
        if self._open and (self._advancing is None or self._advancing.done()):
            self._advancing = asyncio.create_task(self._advance(), name="queue")

    def close(self) -> None:
        """Claims nothing more."""
        self._open = False

    async def settle(self) -> None:
        """Returns when what was claimed has been started."""
        if self._advancing:
            await asyncio.wait([self._advancing])

    async def _advance(self) -> None:
        while self._moved and self._open:
            self._moved = False
            try:
                turns = await self._records.claim_turns(self._log.writer)
            except StorageUnavailable:
                return  # the next beat of the lease asks again
            except Exception:
                logger.exception("what waits could not be claimed")
                return
            self._moved |= bool(turns)  # there may be more than one call gives
            await asyncio.gather(*(self._start(turn) for turn in turns))

    async def _start(self, turn: StartedTurn) -> None:
        """Never raises: what is claimed with it must be started too."""
        try:
            await self._start_replies(turn)
        except Exception:
            logger.exception("a claimed turn could not be started")

    async def _start_replies(self, turn: StartedTurn) -> None:
        try:
            served = await self._catalog.resolve(turn.replies[0].model)
        except Exception as error:
            # The turn is claimed: whatever is wrong with its model, its replies must have their end.
            for reply in turn.replies:
                with suppress(Fenced):
                    await self._log.open(reply.id).end(Outcome(MessageStatus.FAILED, error=explain(error)))
        else:
            self._runner.start_all(turn, served)
