"""The database goes away for a while, mid-stream: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from app.chat.changes import StartedTurn
from app.chat.errors import StorageUnavailable
from app.chat.events import CompletionEvent, Delta
from app.chat.identifiers import new_uuid
from app.chat.paging import Window
from app.chat.status import MessageStatus
from app.log.delta_log import DeltaLog
from app.storage.client import Database
from tests.chat.conftest import Service, build_service, waiting_for_lock
from tests.chat.scripted_backend import DEADLINE_SECONDS
from tests.chat.shaky_postgres import ShakyPostgres

LEASE_SECONDS = 30.0  # none of these tests is about a lease that runs out


@pytest.fixture(scope="module")
async def shaky(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ShakyPostgres]:
    async with ShakyPostgres(tmp_path_factory.mktemp("shaky")) as shaky:
        yield shaky


@pytest.fixture
async def service(shaky: ShakyPostgres) -> AsyncGenerator[Service]:
    database = Database(shaky.url)
    await database.connect()
    log = DeltaLog(shaky.url, lease_seconds=LEASE_SECONDS)
    await log.start()
    service = build_service(database, log, f"owner-{new_uuid()}")
    yield service
    await shaky.start()
    await service.runner.drain(0)
    await log.close()
    await database.disconnect()


async def test_cutting_every_connection_again_and_again_loses_and_doubles_nothing(
    service: Service, shaky: ShakyPostgres
) -> None:
    started = await service.post(replies=2)
    calls = [await service.backend.called() for _ in range(2)]
    watching = [asyncio.create_task(service.events(each.id)) for each in started.replies]
    words = [f"{number} " for number in range(60)]
    for number, word in enumerate(words):
        for call in calls:
            call.say(word)
        if number % 20 == 10:
            await service.says(started.replies[0].id, "".join(words[: number + 1]))
            await shaky.cut()
    for call in calls:
        call.finish()
    for reply, watch in zip(started.replies, watching, strict=True):
        assert "".join(getattr(event, "content", "") for event in await watch) == "".join(words)
        ended = await service.message(reply.id)
        assert (ended.status, ended.text.content) == (MessageStatus.COMPLETE, "".join(words))


async def test_a_reply_goes_on_when_the_database_is_back(service: Service, shaky: ShakyPostgres) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    call.say("before, ")
    watch = await service.chat.history.watch(service.owner, reply.id)
    assert await asyncio.wait_for(anext(watch), DEADLINE_SECONDS) == Delta(1, "before, ")
    watching = asyncio.create_task(_rest(watch))
    await shaky.stop()
    call.say("during, ")
    call.say("after")
    call.finish()
    with pytest.raises(StorageUnavailable):
        await service.post("meanwhile")
    with pytest.raises(StorageUnavailable):
        await service.message(reply.id)
    assert not watching.done()
    await shaky.start()
    events = await asyncio.wait_for(watching, DEADLINE_SECONDS)
    assert "".join(getattr(event, "content", "") for event in events) == "during, after"
    ended = await service.message(reply.id)
    assert (ended.status, ended.text.content) == (MessageStatus.COMPLETE, "before, during, after")
    assert await service.chat.conversations.count(service.owner) == 1


async def test_a_post_whose_connection_is_cut_is_stored_once(service: Service, shaky: ShakyPostgres) -> None:
    started = await service.post(replies=0)
    sql = await asyncpg.connect(shaky.url)
    async with sql.transaction():
        await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", started.conversation.id)
        posting = asyncio.create_task(service.post("once", conversation_id=started.conversation.id, replies=0))
        await waiting_for_lock(sql, "begin a turn")
        await shaky.cut(only_waiting=True)
    await sql.close()
    stored = await asyncio.wait_for(posting, DEADLINE_SECONDS)
    branch = await service.chat.history.branch(service.owner, stored.message.id, Window())
    assert [each.text.content for each in branch.items] == ["Hello", "once"]


async def test_of_a_post_that_went_down_with_the_database_nothing_or_all_is_there(
    service: Service, shaky: ShakyPostgres
) -> None:
    """The caller is told to try again, and the key makes that safe."""
    started = await service.post(replies=0)
    sql = await asyncpg.connect(shaky.url)
    await sql.execute("BEGIN")
    await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", started.conversation.id)
    posting = asyncio.create_task(service.post("once", conversation_id=started.conversation.id, idempotency_key="k"))
    await waiting_for_lock(sql, "begin a turn")
    await shaky.stop()
    [outcome] = await asyncio.wait_for(asyncio.gather(posting, return_exceptions=True), DEADLINE_SECONDS)
    # Which of the two connections PostgreSQL ends first decides.
    assert isinstance(outcome, StorageUnavailable | StartedTurn)
    await shaky.start()
    again = await service.post("once", conversation_id=started.conversation.id, idempotency_key="k")
    assert again.repeated == isinstance(outcome, StartedTurn)
    branch = await service.chat.history.branch(service.owner, again.message.id, Window())
    assert [each.text.content for each in branch.items] == ["Hello", "once"]
    siblings = await service.chat.history.siblings(service.owner, [again.message.id])
    assert [each.id for each in siblings[again.message.id]] == [again.message.id]
    await service.stop(again.replies[0].id)
    sql.terminate()


async def test_a_process_can_stop_while_the_database_is_away(
    service: Service, shaky: ShakyPostgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.chat.runner.LAST_END_SECONDS", 0.2)
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    await shaky.stop()
    call.say("half")
    await asyncio.wait_for(service.runner.drain(0), DEADLINE_SECONDS)
    assert call.closed.is_set()
    assert "reply could not be ended in time" in caplog.text
    await shaky.start()  # it came back after all: the end is committed now
    ended = await service.ended(reply.id)
    assert (ended.status, ended.text.content) == (MessageStatus.INTERRUPTED, "half")


async def _rest(watch: AsyncGenerator[CompletionEvent]) -> list[CompletionEvent]:
    return [event async for event in watch]
