"""What every completion is held to, whichever backend makes it."""

from __future__ import annotations

import asyncio

import pytest

from app.chat import generation
from app.chat.completion import CompletionRequest, Finish, Piece
from app.chat.errors import BackendFailed
from app.chat.generation import generate
from app.chat.records import FinishReason
from tests.chat.scripted_backend import Call, ScriptedBackend

REQUEST = CompletionRequest("m", ())
STOP, LENGTH = Finish(FinishReason.STOP), Finish(FinishReason.LENGTH)
MOST = 10


@pytest.fixture
def call() -> Call:
    return Call(REQUEST)


@pytest.fixture
def backend(call: Call, monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    """Plays the call's steps, which are all there before it is asked."""
    monkeypatch.setattr(generation, "MAX_REPLY_CHARACTERS", MOST)
    backend = ScriptedBackend()
    monkeypatch.setattr(backend, "complete", lambda _: call.steps())
    return backend


async def made(backend: ScriptedBackend) -> list[Piece | Finish]:
    return [item async for item in generate(backend, REQUEST)]


async def test_pieces_come_through_as_they_are_then_the_finish(backend: ScriptedBackend, call: Call) -> None:
    call.say("a", "why")
    call.say("b")
    call.finish()
    assert await made(backend) == [Piece("a", "why"), Piece("b"), STOP]


async def test_nothing_follows_the_finish(backend: ScriptedBackend, call: Call) -> None:
    call.finish()
    call.say("late")
    call.finish(FinishReason.LENGTH)
    assert await made(backend) == [STOP]


async def test_empty_pieces_are_left_out(backend: ScriptedBackend, call: Call) -> None:
    for content, reasoning in (("", ""), ("a", ""), ("", ""), ("", "b")):
        call.say(content, reasoning)
    call.finish()
    assert await made(backend) == [Piece("a"), Piece("", "b"), STOP]


async def test_what_cannot_be_stored_becomes_the_replacement_character(backend: ScriptedBackend, call: Call) -> None:
    call.say("a\0b", "\ud800")
    call.finish()
    assert await made(backend) == [Piece("a\ufffdb", "\ufffd"), STOP]


async def test_a_stream_without_a_finish_has_failed(backend: ScriptedBackend, call: Call) -> None:
    call.say("half of")
    call.break_off()
    items = generate(backend, REQUEST)
    assert await anext(items) == Piece("half of")
    with pytest.raises(BackendFailed) as failed:
        await anext(items)
    assert failed.value.upstream_code == "UPSTREAM_INCOMPLETE"
    assert failed.value.can_retry


async def test_a_reply_of_just_the_greatest_length_ends_as_the_backend_says(
    backend: ScriptedBackend, call: Call
) -> None:
    call.say("x" * 4, "y" * 6)
    call.say("")
    call.finish()
    assert await made(backend) == [Piece("x" * 4, "y" * 6), STOP]


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        ([("x" * 11, "")], [Piece("x" * 10)]),
        ([("x" * 10, ""), ("z", "")], [Piece("x" * 10)]),
        ([("x" * 10, ""), ("", "z")], [Piece("x" * 10)]),
        ([("x" * 8, ""), ("abc", "def")], [Piece("x" * 8), Piece("ab")]),
        ([("x" * 8, ""), ("a", "def")], [Piece("x" * 8), Piece("a", "d")]),
        ([("", "x" * 12)], [Piece("", "x" * 10)]),
    ],
)
async def test_a_reply_that_never_ends_is_cut_at_the_greatest_length(
    backend: ScriptedBackend, call: Call, pieces: list[tuple[str, str]], kept: list[Piece]
) -> None:
    for content, reasoning in pieces:
        call.say(content, reasoning)
    assert await made(backend) == [*kept, LENGTH]  # and does not wait for more


async def test_closing_it_closes_the_backends_stream() -> None:
    backend = ScriptedBackend()
    items = generate(backend, REQUEST)
    waiting = asyncio.ensure_future(anext(items))
    call = await backend.called()
    call.say("a")
    assert await waiting == Piece("a")
    assert not call.closed.is_set()
    await items.aclose()
    assert call.closed.is_set()
