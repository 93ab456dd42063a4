"""Stored replies played again, from the real database; the clock is the test's own."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.chat.changes import Post
from app.chat.completion import CompletionRequest, Finish, Model, Piece, PromptMessage, ServedModel
from app.chat.errors import BackendFailed, BackendFault, BadInput, ModelNotFound
from app.chat.idempotency import digest
from app.chat.identifiers import MESSAGE, MessageId, new_message_id, to_text
from app.chat.parameters import CompletionParameters
from app.chat.records import CompletionError, FinishReason, Role, Usage, UsageSource
from app.chat.status import MessageStatus
from app.generation.demo import DemoBackend
from app.generation.replay import LONGEST_SLEEP_SECONDS, ReplayBackend, recorded_reply
from app.log.connection import Connection
from app.log.recording import PAGE_CHARACTERS, PAGE_DELTAS, RecordingReader
from tests.conftest import with_database
from tests.generation.listening import hear
from tests.log.stored_replies import SaidDelta, StoredReply, store, trim

USAGE = Usage(3, 4, UsageSource.PROVIDER)
DATABASE = "replays"

REPLY = StoredReply(
    [SaidDelta(300, "", "Hm."), SaidDelta(350, "One "), SaidDelta(1_350, "two ", " Well."), SaidDelta(1_360, "three")],
    ended_after_ms=2_000,
    finish_reason=FinishReason.LENGTH,
    usage=USAGE,
)
TIMES = [0.3, 0.35, 1.35, 1.36, 2.0]
"""In seconds, of its pieces and its finish."""


class Clock:
    """A time that passes only while somebody sleeps.

    Args:
        late_seconds: how much later every sleeper wakes up than it wanted to.
    """

    def __init__(self, late_seconds: float = 0.0) -> None:
        self.seconds = 0.0
        self.late_seconds = late_seconds
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.seconds += seconds + self.late_seconds
        await asyncio.sleep(0)


@pytest.fixture(scope="session")
async def url(postgres: str, template: str) -> str:
    """Of one database for all of these tests: what each stores is nobody else's."""
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{template}"')
    await connection.close()
    return with_database(postgres, DATABASE)


@pytest.fixture(scope="session")
async def sql(url: str) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def recordings(url: str) -> AsyncGenerator[RecordingReader]:
    reader = RecordingReader(url)
    yield reader
    await reader.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backend(recordings: RecordingReader, clock: Clock) -> ReplayBackend:
    return at_the_pace_of(clock, recordings)


def at_the_pace_of(clock: Clock, recordings: RecordingReader) -> ReplayBackend:
    return ReplayBackend(recordings, clock=clock, sleep=clock.sleep)


def model_of(id: MessageId) -> str:
    return f"replay:{to_text(MESSAGE, id)}"


def asking(id: MessageId, *, owner: str | None = "local", **parameters: Any) -> CompletionRequest:
    prompt = (PromptMessage(Role.USER, "of no consequence"),)
    return CompletionRequest(model_of(id), prompt, CompletionParameters(**parameters), owner=owner)


async def timed(backend: ReplayBackend, clock: Clock, request: CompletionRequest) -> list[tuple[float, Piece | Finish]]:
    """Everything that is said, and when."""
    began = clock()
    return [(clock() - began, item) async for item in backend.complete(request)]


async def test_says_each_delta_when_it_came_and_finishes_when_and_as_the_reply_did(
    backend: ReplayBackend, clock: Clock, sql: Connection
) -> None:
    heard = await timed(backend, clock, asking(await store(sql, REPLY)))
    assert [at for at, _ in heard] == pytest.approx(TIMES)
    assert [item for _, item in heard] == [
        Piece("", "Hm."),
        Piece("One "),
        Piece("two ", " Well."),
        Piece("three"),
        Finish(FinishReason.LENGTH, USAGE),
    ]


@pytest.mark.parametrize("speed", [0.001, 0.5, 1, 2, 1_000])
async def test_speed_is_a_multiple_of_the_recorded_pace(
    backend: ReplayBackend, clock: Clock, sql: Connection, speed: float
) -> None:
    heard = await timed(backend, clock, asking(await store(sql, REPLY), speed=speed))
    assert [at for at, _ in heard] == pytest.approx([at / speed for at in TIMES])


async def test_late_wake_ups_do_not_add_up(recordings: RecordingReader, sql: Connection) -> None:
    reply = StoredReply([SaidDelta(10 * number, "x") for number in range(100)], ended_after_ms=1_000)
    late = Clock(late_seconds=0.004)
    heard = await timed(at_the_pace_of(late, recordings), late, asking(await store(sql, reply)))
    delays = [at - number / 100 for number, (at, _) in enumerate(heard)]
    assert all(0 <= delay <= 0.0041 for delay in delays)


async def test_a_pause_of_years_is_slept_through_in_spans_that_event_loops_take(
    recordings: RecordingReader, sql: Connection
) -> None:
    class Enough(Exception):
        pass

    class Impatient(Clock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if len(self.slept) == 3:
                raise Enough

    clock = Impatient()
    with pytest.raises(Enough):
        await hear(at_the_pace_of(clock, recordings), asking(await store(sql, REPLY), speed=5e-324))
    assert clock.slept == [LONGEST_SLEEP_SECONDS] * 3


@pytest.mark.parametrize("kept", [True, False])
async def test_the_limits_that_a_model_would_heed_are_ignored(
    backend: ReplayBackend, sql: Connection, kept: bool
) -> None:
    heard = await hear(backend, asking(await store(sql, replace(REPLY, kept=kept)), max_tokens=1, stop=("two",)))
    assert (heard.text, heard.reasoning) == (REPLY.content, REPLY.reasoning)
    assert heard.finish == Finish(FinishReason.LENGTH, USAGE)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
SAID = st.tuples(st.integers(0, 5_000), TEXTS, TEXTS).filter(lambda said: said[1] or said[2])
CUT_IN_TWO = [(0, "e", ""), (0, "\u0301👩", "\u2028"), (1, "\u200d👧 🇩", ""), (1, "🇪\ud7ff\ue000\U0010ffff", "\n \t")]
"""Within what people take for one character, at the edges of the surrogates, and where only white space is said."""


@pytest.mark.parametrize("kept", [True, False])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(said=st.lists(SAID, max_size=12))
@example(said=CUT_IN_TWO)
@example(said=[(0, " \u3000\n" * 30, "")])
@example(said=[(0, "漢" * 99, "")])
async def test_any_text_comes_byte_for_byte(
    backend: ReplayBackend, sql: Connection, kept: bool, said: list[tuple[int, str, str]]
) -> None:
    reply = StoredReply([SaidDelta(*each) for each in said], ended_after_ms=5_000, kept=kept)
    heard = await hear(backend, asking(await store(sql, reply)))
    assert heard.text.encode() == reply.content.encode()
    assert heard.reasoning.encode() == reply.reasoning.encode()
    assert heard.finish == Finish(FinishReason.STOP)
    if kept:
        assert heard.pieces == [Piece(each.content, each.reasoning) for each in reply.deltas]
    assert all(piece.content or piece.reasoning for piece in heard.pieces)


async def test_a_reply_without_its_log_is_said_in_words_spread_over_its_time(
    backend: ReplayBackend, clock: Clock, sql: Connection
) -> None:
    reply = StoredReply([SaidDelta(0, "word " * 60, "hmm, " * 20)], ended_after_ms=8_000, usage=USAGE, kept=False)
    heard = await timed(backend, clock, asking(await store(sql, reply), speed=2))
    assert [at for at, _ in heard] == pytest.approx([*(number * 0.05 for number in range(1, 81)), 4.0])
    assert [item for _, item in heard[:-1]] == [Piece("", "hmm, ")] * 20 + [Piece("word ")] * 60
    assert heard[-1][1] == Finish(FinishReason.STOP, USAGE)


async def test_a_log_that_is_trimmed_while_it_is_played_is_gone_on_with_in_words(
    backend: ReplayBackend, clock: Clock, sql: Connection
) -> None:
    """The first half of the deltas are read by then, and half of the time is over."""
    said = [SaidDelta(number, f"{number} ", "r ") for number in range(1, 2 * PAGE_DELTAS + 1)]
    reply = StoredReply(said, ended_after_ms=2 * PAGE_DELTAS)
    id = await store(sql, reply)
    heard: list[tuple[float, Piece | Finish]] = []
    async with aclosing(backend.complete(asking(id))) as items:
        async for item in items:
            heard.append((clock(), item))
            if len(heard) == 1:
                await trim(sql, id)
    *pieces, (last_at, finish) = heard
    assert "".join(piece.content for _, piece in pieces if isinstance(piece, Piece)) == reply.content
    assert "".join(piece.reasoning for _, piece in pieces if isinstance(piece, Piece)) == reply.reasoning
    assert [at for at, _ in pieces[:PAGE_DELTAS]] == pytest.approx(
        [each.after_ms / 1_000 for each in said[:PAGE_DELTAS]]
    )
    assert pieces[PAGE_DELTAS][0] > PAGE_DELTAS / 1_000
    assert [at for at, _ in heard] == sorted(at for at, _ in heard)
    assert last_at == pytest.approx(2 * PAGE_DELTAS / 1_000)
    assert finish == Finish(FinishReason.STOP)


async def test_a_text_longer_than_a_page_is_said_whole(backend: ReplayBackend, sql: Connection) -> None:
    reply = StoredReply([SaidDelta(0, "é" * (2 * PAGE_CHARACTERS + 7), "🦜" * (PAGE_CHARACTERS + 1))], kept=False)
    heard = await hear(backend, asking(await store(sql, reply)))
    assert (heard.text, heard.reasoning) == (reply.content, reply.reasoning)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_reply_that_failed_fails_again_with_its_code_after_its_text(
    backend: ReplayBackend, clock: Clock, sql: Connection, kept: bool
) -> None:
    error = CompletionError("engine_overloaded", "too busy", True)
    failed = replace(REPLY, status=MessageStatus.FAILED, error=error, finish_reason=None, kept=kept)
    heard = await hear(backend, asking(await store(sql, failed)))
    assert (heard.text, heard.reasoning, heard.finish) == (REPLY.content, REPLY.reasoning, None)
    assert heard.failure is not None
    assert CompletionError(heard.failure.upstream_code, str(heard.failure), heard.failure.can_retry) == error
    assert clock() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("UPSTREAM_TIMEOUT", BackendFault.SILENT),
        ("rate_limit_exceeded", BackendFault.LIMITED),
        ("insufficient_quota", BackendFault.LIMITED),
        ("model_not_found", BackendFault.UNKNOWN_MODEL),
        ("context_length_exceeded", BackendFault.REFUSED),
        ("http_422", BackendFault.REFUSED),
        ("http_503", BackendFault.UNAVAILABLE),
        ("engine_overloaded", BackendFault.UNAVAILABLE),
    ],
)
async def test_a_reply_that_failed_fails_again_by_the_same_fault(
    backend: ReplayBackend, sql: Connection, code: str, fault: BackendFault
) -> None:
    error = CompletionError(code, "as it was", False)
    failed = replace(REPLY, status=MessageStatus.FAILED, error=error, finish_reason=None)
    heard = await hear(backend, asking(await store(sql, failed)))
    assert heard.failure is not None
    assert heard.failure.fault is fault


@pytest.mark.parametrize("status", [MessageStatus.STOPPED, MessageStatus.INTERRUPTED])
async def test_a_reply_that_was_cut_short_finishes_where_it_was_cut(
    backend: ReplayBackend, sql: Connection, status: MessageStatus
) -> None:
    heard = await hear(backend, asking(await store(sql, replace(REPLY, status=status, finish_reason=None))))
    assert heard.text == REPLY.content
    assert heard.finish == Finish(FinishReason.STOP, USAGE)


async def test_a_reply_that_said_nothing_is_played_too(backend: ReplayBackend, clock: Clock, sql: Connection) -> None:
    id = await store(sql, StoredReply(ended_after_ms=1_500))
    assert await timed(backend, clock, asking(id)) == [(1.5, Finish(FinishReason.STOP))]


@pytest.mark.parametrize("status", [MessageStatus.QUEUED, MessageStatus.STREAMING])
async def test_a_reply_in_flight_is_refused_until_it_has_ended(
    backend: ReplayBackend, sql: Connection, status: MessageStatus
) -> None:
    id = await store(sql, replace(REPLY, status=status, ended_after_ms=None))
    heard = await hear(backend, asking(id))
    assert (heard.pieces, heard.finish) == ([], None)
    assert heard.failure is not None
    assert (heard.failure.upstream_code, heard.failure.fault) == ("REPLY_IN_FLIGHT", BackendFault.REFUSED)
    assert heard.failure.can_retry


@pytest.mark.parametrize("owner", ["somebody else", "", None])
async def test_a_reply_is_played_for_its_owner_alone(
    backend: ReplayBackend, sql: Connection, owner: str | None
) -> None:
    id = await store(sql, REPLY)
    assert (await hear(backend, asking(id))).text == REPLY.content
    heard = await hear(backend, asking(id, owner=owner))
    assert (heard.pieces, heard.finish) == ([], None)
    assert heard.failure is not None
    assert heard.failure.fault is BackendFault.UNKNOWN_MODEL
    assert not heard.failure.can_retry


async def test_anothers_reply_looks_like_one_that_does_not_exist(backend: ReplayBackend, sql: Connection) -> None:
    anothers = await store(sql, replace(REPLY, owner="somebody else"))
    failures = [(await hear(backend, asking(id))).failure for id in (anothers, new_message_id())]
    told = {(str(each), each.upstream_code, each.fault) for each in failures if each}
    assert (len(failures), len(told)) == (2, 1)


async def test_what_a_user_said_is_no_reply(backend: ReplayBackend, sql: Connection) -> None:
    heard = await hear(backend, asking(await store(sql, replace(REPLY, role="USER"))))
    assert heard.failure is not None
    assert heard.failure.fault is BackendFault.UNKNOWN_MODEL


async def test_a_reply_that_is_deleted_while_it_is_played_keeps_what_was_said(
    backend: ReplayBackend, sql: Connection
) -> None:
    id = await store(sql, StoredReply([SaidDelta(number, "x") for number in range(PAGE_DELTAS + 1)]))
    said = ""
    with pytest.raises(BackendFailed, match="deleted") as failed:
        async with aclosing(backend.complete(asking(id))) as items:
            async for item in items:
                assert isinstance(item, Piece)
                said += item.content
                await trim(sql, id)
                await sql.execute("DELETE FROM messages WHERE id = $1", id)
    assert (said, failed.value.fault) == ("x" * PAGE_DELTAS, BackendFault.UNKNOWN_MODEL)


async def test_whoever_has_no_such_reply_is_told_before_anything_is_stored(
    backend: ReplayBackend, sql: Connection
) -> None:
    id = await store(sql, REPLY)
    served = ServedModel(Model(model_of(id), backend.name), backend, model_of(id))
    await served.admit("local")
    with pytest.raises(ModelNotFound):
        await served.admit("somebody else")


async def test_a_model_that_is_nobodys_in_particular_is_for_everybody() -> None:
    demo = DemoBackend()
    await ServedModel(Model("demo", demo.name), demo, "demo").admit("anybody")


def test_a_models_name_is_the_prefix_and_the_id_of_the_reply() -> None:
    id = new_message_id()
    assert recorded_reply(model_of(id)) == id
    assert to_text(MESSAGE, recorded_reply(f"replay:{GOOD}")) == GOOD


GOOD = "msg_06f1rkkj4jf0htv8q1f5gk1qyc"
BAD_NAMES = [
    "",
    "replay",
    "replay:",
    "replay:msg_",
    "replay:msg_x",
    GOOD,
    f"replay: {GOOD}",
    f"replay:{GOOD}0",
    f"replay:{GOOD.upper()}",
    f"replay:{GOOD.replace('msg', 'conv')}",
    f"replay:replay:{GOOD}",
    f"Replay:{GOOD}",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_any_other_name_is_no_model(name: str) -> None:
    with pytest.raises(ModelNotFound):
        recorded_reply(name)


async def test_lists_no_models(backend: ReplayBackend) -> None:
    assert await backend.models() == ()


@pytest.mark.parametrize("speed", [1_000, 1, 0.25, 5e-324, None])
def test_takes_any_speed_up_to_a_thousand(speed: float | None) -> None:
    CompletionParameters(speed=speed).check()


@pytest.mark.parametrize("speed", [0, -0.0, -1, 1_000.1, math.inf, -math.inf, math.nan])
def test_refuses_other_speeds_by_the_name_of_the_field(speed: float) -> None:
    with pytest.raises(BadInput, match=r"must be more than 0 and at most 1,000, not ") as refused:
        CompletionParameters(speed=speed).check()
    assert refused.value.field == "parameters.speed"


def test_a_post_from_before_there_was_a_speed_is_still_the_same_post() -> None:
    """Whoever repeats it across an upgrade, by its idempotency key, gets the original answer."""
    post = Post("Hello", parameters=CompletionParameters(temperature=0.5, stop=("a",)), idempotency_key="k")
    assert digest(post).hex() == "10e0eaf24bcacb5fde2d98a41d2f914600f7a8451a45ab4cf0b06fe3ae5b145a"
    faster = replace(post, parameters=replace(post.parameters, speed=2))
    assert digest(faster) != digest(post)
