"""Reading what was said, to play it again: whose it is, when it began, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from app.chat.errors import StorageUnavailable
from app.chat.events import Outcome
from app.chat.identifiers import MessageId, new_message_id, new_uuid
from app.chat.recording import RecordedDelta, RecordedText
from app.chat.records import CompletionError, FinishReason, Usage, UsageSource
from app.chat.status import MessageStatus
from app.log import recording
from app.log.connection import Connection
from app.log.recording import PAGE_BYTES, PAGE_CHARACTERS, PAGE_DELTAS, RecordingReader
from tests.log.conftest import NewReply, StartLog
from tests.log.stored_replies import STARTED_AT, SaidDelta, StoredReply, store, trim

USAGE = Usage(3, 4, UsageSource.PROVIDER)


@pytest.fixture
async def reader(database_url: str) -> AsyncGenerator[RecordingReader]:
    reader = RecordingReader(database_url)
    yield reader
    await reader.close()


async def pages(reader: RecordingReader, id: MessageId) -> list[Sequence[RecordedDelta]]:
    """All pages of a log up to its end marker."""
    found = [await reader.deltas(id, 0)]
    while not found[-1][-1].final:
        found.append(await reader.deltas(id, found[-1][-1].seq))
    return found


async def test_a_reply_that_the_log_has_just_written_is_read_delta_by_delta_with_its_times(
    start_log: StartLog, new_reply: NewReply, reader: RecordingReader, sql: Connection
) -> None:
    log = await start_log()
    reply = await new_reply(log.writer)
    stream = log.open(reply)
    watch = log.watch(reply, 0)
    for content, reasoning in (("", "hm"), ("a\u2028b ", ""), ("🦜", "so")):
        await stream.append(content, reasoning)
        await anext(watch)  # so that each is a delta of its own
    await watch.aclose()
    await stream.end(Outcome(MessageStatus.COMPLETE, FinishReason.LENGTH, USAGE))
    found = await reader.find("local", reply)
    assert found is not None
    assert (found.id, found.status) == (reply, MessageStatus.COMPLETE)
    assert (found.finish_reason, found.usage, found.error) == (FinishReason.LENGTH, USAGE, None)
    deltas = await reader.deltas(reply, 0)
    assert [(each.seq, each.content, each.reasoning, each.final) for each in deltas] == [
        (1, "", "hm", False),
        (2, "a\u2028b ", "", False),
        (3, "🦜", "so", False),
        (4, "", "", True),
    ]
    times = [
        row[0] for row in await sql.fetch("SELECT created_at FROM deltas WHERE message_id = $1 ORDER BY seq", reply)
    ]
    assert [each.at for each in deltas] == times
    assert found.started_at <= times[0]
    assert found.ended_at == times[-1]
    assert await reader.deltas(reply, 2) == deltas[2:]


async def test_why_a_reply_failed_is_part_of_it(reader: RecordingReader, sql: Connection) -> None:
    error = CompletionError("engine_overloaded", "too busy", True)
    reply = await store(sql, StoredReply(ended_after_ms=1_500, status=MessageStatus.FAILED, error=error))
    found = await reader.find("local", reply)
    assert found is not None
    assert (found.status, found.error, found.usage) == (MessageStatus.FAILED, error, None)
    assert (found.started_at, found.duration_seconds) == (STARTED_AT, 1.5)


async def test_anothers_reply_is_not_found(reader: RecordingReader, sql: Connection) -> None:
    reply = await store(sql, StoredReply(owner="somebody else"))
    assert await reader.find("somebody else", reply)
    assert await reader.find("local", reply) is None
    assert await reader.find("", reply) is None


@pytest.mark.parametrize("role", ["USER", "SYSTEM", "DATA", "TOOL"])
async def test_what_the_assistant_did_not_say_is_not_found(reader: RecordingReader, sql: Connection, role: str) -> None:
    assert await reader.find("local", await store(sql, StoredReply(role=role))) is None


async def test_what_was_never_there_is_not_found(reader: RecordingReader) -> None:
    unknown = new_message_id()
    assert await reader.find("local", unknown) is None
    assert await reader.deltas(unknown, 0) == []
    assert await reader.text(unknown, content_from=0, reasoning_from=0) is None


async def test_of_a_reply_that_waited_its_turn_the_wait_is_not_part(reader: RecordingReader, sql: Connection) -> None:
    first, queued = (
        await store(sql, StoredReply(ended_after_ms=5_000)),
        await store(sql, StoredReply([SaidDelta(5_200, "hi")], ended_after_ms=5_700)),
    )
    conversation = await sql.fetchval("SELECT conversation_id FROM messages WHERE id = $1", first)
    for reply in (first, queued):
        turn = new_uuid()
        insert = "INSERT INTO turns (id, conversation_id, owner, state) VALUES ($1, $2, 'local', 'ENDED')"
        await sql.execute(insert, turn, conversation)
        await sql.execute(
            "UPDATE messages SET conversation_id = $2, turn_id = $3 WHERE id = $1", reply, conversation, turn
        )
    found = await reader.find("local", queued)
    assert found is not None
    assert found.started_at == STARTED_AT + timedelta(seconds=5)
    assert found.seconds_at((await reader.deltas(queued, 0))[0].at) == 0.2
    assert found.duration_seconds == 0.7
    earlier = await reader.find("local", first)
    assert earlier is not None
    assert earlier.duration_seconds == 5


async def test_a_long_log_is_read_in_pages_of_bounded_size(reader: RecordingReader, sql: Connection) -> None:
    """Eight megabytes in all, half of them reasoning; 'é' is two bytes, and it is bytes that count."""
    half = PAGE_BYTES // 16
    said = [SaidDelta(ms, "é" * (half // 2), "r" * half) for ms in range(8 * 2**20 // (2 * half))]
    id = await store(sql, StoredReply(said, ended_after_ms=len(said)))
    found = await pages(reader, id)
    assert max(sum(len(each.content.encode()) + len(each.reasoning) for each in page) for page in found) == PAGE_BYTES
    read = [delta for page in found for delta in page]
    assert [each.seq for each in read] == list(range(1, len(said) + 2))
    assert [(each.content, each.reasoning) for each in read[:-1]] == [(each.content, each.reasoning) for each in said]


async def test_many_short_deltas_are_read_in_pages_too(reader: RecordingReader, sql: Connection) -> None:
    id = await store(sql, StoredReply([SaidDelta(ms, "x") for ms in range(2 * PAGE_DELTAS)], ended_after_ms=9_999))
    assert [len(page) for page in await pages(reader, id)] == [PAGE_DELTAS, PAGE_DELTAS, 1]


async def test_a_delta_larger_than_a_page_is_a_page(reader: RecordingReader, sql: Connection) -> None:
    said = [SaidDelta(0, "a"), SaidDelta(1, "b" * (PAGE_BYTES + 1)), SaidDelta(2, "c")]
    id = await store(sql, StoredReply(said, ended_after_ms=3))
    assert [[each.content[:1] for each in page] for page in await pages(reader, id)] == [["a", "b"], ["c", ""]]


async def test_a_text_without_its_log_is_read_in_pages_by_characters(reader: RecordingReader, sql: Connection) -> None:
    content, reasoning = "🦜é\u2028x" * (PAGE_CHARACTERS // 2), "why " * (PAGE_CHARACTERS // 3)
    id = await store(sql, StoredReply([SaidDelta(0, content, reasoning)], kept=False))
    assert await reader.deltas(id, 0) == []
    parts: list[RecordedText] = []
    while (
        part := await reader.text(
            id,
            content_from=sum(len(each.content) for each in parts),
            reasoning_from=sum(len(each.reasoning) for each in parts),
        )
    ) and (part.content or part.reasoning):
        parts.append(part)
    assert {each.characters for each in parts} == {len(content) + len(reasoning)}
    assert max(len(each.content) + len(each.reasoning) for each in parts) == PAGE_CHARACTERS
    assert not any(earlier.content and later.reasoning for earlier, later in pairwise(parts))
    assert "".join(each.content for each in parts) == content
    assert "".join(each.reasoning for each in parts) == reasoning


async def test_a_log_that_is_trimmed_between_two_pages_is_empty_from_there_on(
    reader: RecordingReader, sql: Connection
) -> None:
    id = await store(sql, StoredReply([SaidDelta(ms, "x") for ms in range(PAGE_DELTAS + 1)]))
    assert len(await reader.deltas(id, 0)) == PAGE_DELTAS
    await trim(sql, id)
    assert await reader.deltas(id, PAGE_DELTAS) == []


async def test_a_connection_that_is_cut_goes_unnoticed(reader: RecordingReader, sql: Connection) -> None:
    reply = await store(sql, StoredReply())
    assert await reader.find("local", reply)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley recordings'"
    assert await sql.fetch(f"{cut} AND datname = current_database()")
    assert await reader.find("local", reply)


async def test_a_database_that_stays_away_is_said_to_be(
    reader: RecordingReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "OUTAGE_SECONDS", 0.2)
    away = RecordingReader("postgresql://127.0.0.1:1/nobody")
    with pytest.raises(StorageUnavailable):
        await away.find("local", new_message_id())
    await away.close()
