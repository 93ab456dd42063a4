"""Writer and watcher against a model: whatever happens in whatever order, every watcher gets the text, once, in order.

The model of a reply is a string. What may happen to it: text is appended, a connection is cut anywhere, somebody comes
to watch after any delta that anybody has seen, on either of two processes, or goes away; a stop is asked for; it ends;
its log is trimmed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from app.chat.errors import StorageUnavailable
from app.chat.events import CompletionEvent, End, Outcome, Snapshot
from app.chat.identifiers import MessageId, new_message_id, new_uuid
from app.chat.status import MessageStatus
from app.log.connection import LOST, Connection
from app.log.delta_log import DeltaLog
from app.log.writer import OpenStream

DEADLINE_SECONDS = 20
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
PROCESSES = st.integers(0, 1)


@dataclass
class Watch:
    """Args:
    before: what its watcher had seen when it came.
    """

    before: str
    task: asyncio.Task[None]
    events: list[CompletionEvent] = field(default_factory=list)


class LogMachine(RuleBasedStateMachine):
    url: str
    loop: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.watches: list[Watch] = []
        self.seen: dict[int, str] = {0: ""}
        self.text = ""
        self.ended = False
        self.trimmed = False
        self.stops: list[MessageId] = []
        self._do(self._open())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self.loop.run(work)

    async def _open(self) -> None:
        self.sql: Connection = await asyncpg.connect(self.url)
        self.logs = [DeltaLog(self.url, lease_seconds=30) for _ in range(2)]
        for log in self.logs:
            await log.start()
        self.logs[0].on_stop(self.stops.append)
        conversation, self.reply = new_uuid(), new_message_id()
        await self.sql.execute("INSERT INTO conversations (id, owner) VALUES ($1, 'local')", conversation)
        await self.sql.execute(
            "INSERT INTO messages (id, conversation_id, depth, role, status, writer_id)"
            " VALUES ($1, $2, 0, 'ASSISTANT', 'STREAMING', $3)",
            self.reply,
            conversation,
            self.logs[0].writer,
        )
        self.stream: OpenStream = self.logs[0].open(self.reply)

    @precondition(lambda self: not self.ended)
    @rule(text=TEXTS, reasoning=st.sampled_from(["", "why"]))
    def append(self, text: str, reasoning: str) -> None:
        self.text += text
        self._do(self.stream.append(text, reasoning))

    @rule()
    def let_things_happen(self) -> None:
        self._do(asyncio.sleep(0.002))

    @rule(which=st.sampled_from(["writer", "watcher", "lease", "reader", "%"]))
    def cut(self, which: str) -> None:
        self._do(self._cut(f"parley {which}"))

    async def _cut(self, application: str) -> None:
        await self.sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE $1 AND datname = current_database()",
            application,
        )

    @rule(process=PROCESSES, pick=st.integers(0, 1000))
    def come(self, process: int, pick: int) -> None:
        """`pick` chooses among what was seen so far, which depends on timing and so cannot be drawn from."""
        self._do(self._come(process, sorted(self.seen)[pick % len(self.seen)]))

    async def _come(self, process: int, after: int) -> None:
        watch = Watch(self.seen[after], asyncio.create_task(asyncio.sleep(0)))
        watch.task = asyncio.create_task(self._watch(watch, process, after))
        self.watches.append(watch)

    async def _watch(self, watch: Watch, process: int, after: int) -> None:
        async for event in self.logs[process].watch(self.reply, after):
            watch.events.append(event)
            if not isinstance(event, End):
                self.seen[event.seq] = heard(watch)

    @precondition(lambda self: self.watches)
    @rule()
    def go(self) -> None:
        self._do(self._go(self.watches.pop()))

    async def _go(self, watch: Watch) -> None:
        watch.task.cancel()
        await asyncio.wait([watch.task])
        assert (self.text or "").startswith(heard(watch))

    @rule(process=PROCESSES)
    def stop(self, process: int) -> None:
        self._do(self._stop(process))

    async def _stop(self, process: int) -> None:
        with suppress(StorageUnavailable):
            await self.logs[process].request_stop(self.reply)

    @precondition(lambda self: not self.ended)
    @rule(status=st.sampled_from([MessageStatus.COMPLETE, MessageStatus.STOPPED, MessageStatus.FAILED]))
    def end(self, status: MessageStatus) -> None:
        self.ended = True
        self._do(asyncio.wait_for(self.stream.end(Outcome(status)), DEADLINE_SECONDS))

    @precondition(lambda self: self.ended)
    @rule(process=PROCESSES)
    def trim(self, process: int) -> None:
        self._do(self._trim(process))

    async def _trim(self, process: int) -> None:
        await self.sql.execute(
            "UPDATE deltas SET created_at = now() - interval '2 days' WHERE message_id = $1", self.reply
        )
        with suppress(*LOST):  # its connection was cut before; the next round would trim
            await self.logs[process].retention.trim()

    def teardown(self) -> None:
        if not self.ended:
            self.end(MessageStatus.COMPLETE)
        self.come_last()
        self._do(self._finish())

    def come_last(self) -> None:
        for process in range(2):
            for after in list(self.seen):
                self._do(self._come(process, after))

    async def _finish(self) -> None:
        row = await self.sql.fetchrow("SELECT content, status FROM messages WHERE id = $1", self.reply)
        assert row is not None
        assert row["content"] == self.text
        for watch in self.watches:
            await asyncio.wait_for(watch.task, DEADLINE_SECONDS)
            assert heard(watch) == self.text
            assert [type(event) for event in watch.events].count(End) == 1
            assert isinstance(watch.events[-1], End)
            seqs = [event.seq for event in watch.events[:-1]]
            assert seqs == sorted(set(seqs))
        assert not self.logs[0].followed
        for log in self.logs:
            await log.close()
        await self.sql.close()


def heard(watch: Watch) -> str:
    """All that its watcher has on the screen."""
    text = watch.before
    for event in watch.events:
        if isinstance(event, Snapshot):
            text = event.content
        elif not isinstance(event, End):
            text += event.content
    return text


def test_any_order_of_events_gives_every_watcher_the_whole_text_once(database_url: str) -> None:
    with asyncio.Runner() as loop:
        machine = type("Machine", (LogMachine,), {"url": database_url, "loop": loop})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
