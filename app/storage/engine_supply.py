"""Sees to it that there is a query engine: starts one, and another as soon as that is lost."""

from __future__ import annotations

import asyncio
import logging
import time

import orjson

from app.storage.engine_frames import Kind
from app.storage.engine_process import EngineProcess
from app.storage.errors import EngineUnavailableError

# An engine that ran for this long was all right: its successor is started without delay.
_STABLE_AFTER_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_EXIT_SECONDS = 1.0  # from the end of the socket to that of the process

log = logging.getLogger("parley.storage.engine")


class EngineSupply:
    """At most one engine takes new requests; others may be finishing theirs."""

    def __init__(self, settings: bytes, *, patience_seconds: float) -> None:
        self.current: EngineProcess | None = None
        self._settings = settings
        self._patience_seconds = patience_seconds
        self._alive: dict[int, EngineProcess] = {}
        self._starting: asyncio.Task[None] | None = None
        self._started_at = 0.0
        self._failures_in_a_row = 0
        self._latest_failure: Exception | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def open(self) -> None:
        """Starts the first engine. Raises EngineUnavailableError where it cannot be started at all."""
        try:
            await self._start()
        except Exception as error:
            raise EngineUnavailableError(f"The query engine does not start: {error}") from error

    async def engine(self) -> EngineProcess:
        """The engine to send a request to; waits while one is being started. Raises EngineUnavailableError."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                while not (engine := self.current):
                    if self._starting is None or self._closed:
                        raise EngineUnavailableError("The query engine has been stopped")
                    await asyncio.shield(self._starting)
                return engine
        except TimeoutError:
            because = self._latest_failure or "it takes too long"
            raise EngineUnavailableError(f"The query engine could not be started again: {because}") from None

    def alive(self, pid: int) -> EngineProcess | None:
        """The engine of that process, unless it has been lost."""
        return self._alive.get(pid)

    def retire(self, engine: EngineProcess) -> None:
        """Has new requests go to another engine."""
        if engine is self.current:
            self._replace_current()

    async def discard(self, engine: EngineProcess) -> None:
        """Kills an engine that does not react any more."""
        self.retire(engine)
        await engine.end(0)

    async def close(self, grace_seconds: float) -> None:
        """Ends every engine; each has so long to finish what it is at."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        async with asyncio.TaskGroup() as group:
            for engine in list(self._alive.values()):
                engine.terminate()
                group.create_task(engine.end(grace_seconds))
        if self._ending:
            await asyncio.wait(self._ending)
        self.current = None

    def abandon(self) -> None:
        """Has every engine exit by itself; needs no running event loop."""
        self._closed = True
        for engine in self._alive.values():
            engine.terminate()

    async def _start(self) -> None:
        engine: EngineProcess | None = None

        def lost() -> None:
            if engine is not None:
                self._lost(engine)

        engine = await EngineProcess.spawn(lost)
        self._alive[engine.pid] = engine
        try:
            answer = orjson.loads((await engine.channel.ask(Kind.START, self._settings)).body)
            if errors := answer.get("errors"):
                raise EngineUnavailableError(errors[0]["error"])
        except BaseException:
            self._alive.pop(engine.pid, None)
            await engine.end(0)
            raise
        self._started_at = time.monotonic()
        self.current = engine

    def _lost(self, engine: EngineProcess) -> None:
        if self._alive.pop(engine.pid, None) is None:
            return  # it was never in use, or has been dealt with
        self._end(engine)
        if engine is self.current:
            if not self._closed:
                log.error("the query engine (process %d) died and is replaced", engine.pid)
            self._replace_current()

    def _end(self, engine: EngineProcess) -> None:
        ending = asyncio.get_running_loop().create_task(engine.end(_EXIT_SECONDS))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def _replace_current(self) -> None:
        self.current = None
        if self._closed:
            return
        stable = time.monotonic() - self._started_at > _STABLE_AFTER_SECONDS
        self._failures_in_a_row = 0 if stable else self._failures_in_a_row + 1
        self._starting = asyncio.get_running_loop().create_task(self._start_until_it_runs())

    async def _start_until_it_runs(self) -> None:
        while True:
            # The first to die so soon may have been killed by hand; several in a row have something in common.
            if self._failures_in_a_row > 1:
                pause = _FIRST_PAUSE_SECONDS * 2 ** min(self._failures_in_a_row - 2, 10)
                await asyncio.sleep(min(pause, _LONGEST_PAUSE_SECONDS))
            try:
                await self._start()
            except Exception as error:
                self._failures_in_a_row += 1
                self._latest_failure = error
                log.error("the query engine does not start: %s", error)
            else:
                return
