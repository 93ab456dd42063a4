"""The whole domain on a real database and a real log; only the model is a script, so that a test can conduct it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from app.chat.changes import Post, StartedTurn
from app.chat.completion import PromptMessage
from app.chat.events import CompletionEvent
from app.chat.identifiers import MessageId, new_uuid
from app.chat.paging import Window
from app.chat.records import Message
from app.chat.runner import Runner
from app.chat.service import Chat, build_chat
from app.log.connection import Connection
from app.log.delta_log import DeltaLog
from app.storage.client import Database
from app.storage.records import PrismaRecords
from tests.chat.scripted_backend import DEADLINE_SECONDS, ScriptedBackend, ScriptedCatalog
from tests.conftest import with_database

LEASE_SECONDS = 2.0
DATABASE = "chat"


@dataclass(frozen=True)
class Service:
    """A process that serves chat, and a caller of it whose conversations are nobody else's."""

    chat: Chat
    runner: Runner
    log: DeltaLog
    records: PrismaRecords
    backend: ScriptedBackend
    catalog: ScriptedCatalog
    owner: str

    async def post(self, content: str = "Hello", **given: Any) -> StartedTurn:
        return await self.chat.turns.post(self.owner, Post(content, **given))

    async def continue_with(self, started: StartedTurn, *messages: PromptMessage, **given: Any) -> StartedTurn:
        """Sends these messages as clients of OpenAI's API do: all the history, and the new one last."""
        *before, last = messages
        post = Post(last.content, started.conversation.id, last.role, before=tuple(before), **given)
        return await self.chat.turns.continue_with(self.owner, post)

    async def answer(self, reply: Message, content: str) -> list[str]:
        """Has the model say that and finish; gives what it was asked, once readers have the answer."""
        call = await self.backend.called()
        call.say(content)
        call.finish()
        assert (await self.ended(reply.id)).text.content == content
        return [each.content for each in call.request.messages]

    async def branch(self, tip: MessageId) -> list[str]:
        """What is said from the root to that message."""
        page = await self.chat.history.branch(self.owner, tip, Window(100))
        return [each.text.content for each in page.items]

    async def message(self, id: MessageId) -> Message:
        return await self.chat.history.message(self.owner, id)

    async def stop(self, id: MessageId) -> Message:
        return await asyncio.wait_for(self.chat.turns.stop(self.owner, id), DEADLINE_SECONDS)

    async def events(self, id: MessageId, after: int = 0) -> list[CompletionEvent]:
        """All that a watcher is told, up to the end."""

        async def all_of_them() -> list[CompletionEvent]:
            return [event async for event in await self.chat.history.watch(self.owner, id, after)]

        return await asyncio.wait_for(all_of_them(), DEADLINE_SECONDS)

    async def ended(self, id: MessageId) -> Message:
        """The message when it has its end."""
        await self.events(id)
        return await self.message(id)

    async def says(self, id: MessageId, content: str) -> None:
        """Returns when the reply says just that, as readers see it."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            said = ""
            async for event in await self.chat.history.watch(self.owner, id, 0):
                said += getattr(event, "content", "")
                if said == content:
                    return
        raise AssertionError(f"the reply ended with {said!r}")


NewService = Callable[[], Awaitable[Service]]


@pytest.fixture(scope="session")
async def shared_url(postgres: str, template: str) -> str:
    """A database of which each test here uses the part that its owner has."""
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{template}"')
    await connection.close()
    return with_database(postgres, DATABASE)


@pytest.fixture(scope="session")
async def shared_database(shared_url: str) -> AsyncGenerator[Database]:
    database = Database(shared_url)
    await database.connect()
    yield database
    await database.disconnect()


@pytest.fixture
async def sql(shared_url: str) -> AsyncGenerator[Connection]:
    """A connection of the test's own, to look and to disturb."""
    connection = await asyncpg.connect(shared_url)
    yield connection
    await connection.close()


@pytest.fixture
async def new_service(shared_url: str, shared_database: Database) -> AsyncGenerator[NewService]:
    """Starts as many as a test wants, all for one owner, as processes of their own would be."""
    owner = f"owner-{new_uuid()}"
    async with AsyncExitStack() as opened:

        async def start() -> Service:
            log = DeltaLog(shared_url, lease_seconds=LEASE_SECONDS)
            await log.start()
            opened.push_async_callback(log.close)
            service = build_service(shared_database, log, owner)
            opened.push_async_callback(service.runner.drain, 0)
            return service

        yield start


@pytest.fixture
async def service(new_service: NewService) -> Service:
    return await new_service()


def build_service(database: Database, log: DeltaLog, owner: str) -> Service:
    backend = ScriptedBackend()
    catalog = ScriptedCatalog(backend)
    records = PrismaRecords(database)
    chat, runner = build_chat(records, log, catalog)
    return Service(chat, runner, log, records, backend, catalog, owner)


def open_streams(log: DeltaLog) -> list[MessageId]:
    """The replies whose text this process still holds to write it."""
    return log._writer.open_streams


async def waiting_for_lock(sql: Connection, words: str, count: int = 1) -> None:
    """Returns when that many statements with these words in them wait for a lock."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (
            await sql.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
                " AND datname = current_database()",
                f"%{words}%",
            )
            < count
        ):
            await asyncio.sleep(0.01)
            await sql.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity of its first look
