from __future__ import annotations

import time
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.completion import CompletionRequest, Finish, PromptMessage
from app.chat.parameters import CompletionParameters
from app.chat.records import FinishReason, Role, UsageSource
from app.generation.demo import DemoBackend
from app.generation.demo_answers import compose_answer
from tests.generation.listening import asking, hear


def answer(said: str, *, seed: int | None = None) -> str:
    return compose_answer((PromptMessage(Role.USER, said),), seed=seed)


async def test_streams_word_by_word_and_finishes_with_counts() -> None:
    heard = await hear(DemoBackend(), asking("Hello there", model="demo-fast"))
    assert all(len(piece.content.split()) == 1 for piece in heard.pieces)
    assert heard.text == answer("Hello there")
    assert heard.finish is not None
    assert heard.finish.reason is FinishReason.STOP
    assert heard.finish.usage is not None
    assert (heard.finish.usage.prompt_tokens, heard.finish.usage.source) == (2, UsageSource.PROVIDER)
    assert heard.finish.usage.completion_tokens == len(heard.pieces)


async def test_speaks_at_the_pace_that_was_set() -> None:
    began = time.monotonic()
    await hear(DemoBackend(words_per_second=100), asking("Hi", CompletionParameters(max_tokens=31)))
    assert 0.3 <= time.monotonic() - began < 3


async def test_stops_when_nobody_listens_any_more() -> None:
    async with aclosing(DemoBackend().complete(asking("Hi", model="demo"))) as items:
        assert not isinstance(await anext(items), Finish)


async def test_a_limit_of_tokens_cuts_it_short() -> None:
    heard = await hear(DemoBackend(), asking("Hi", CompletionParameters(max_tokens=3), model="demo-fast"))
    assert heard.text == "".join(word + " " for word in answer("Hi").split()[:3])
    assert heard.finish is not None
    assert heard.finish.reason is FinishReason.LENGTH


async def test_a_stop_sequence_ends_it_before_itself() -> None:
    heard = await hear(
        DemoBackend(), asking("Hi", CompletionParameters(stop=("never said", "demo")), model="demo-fast")
    )
    assert heard.text == answer("Hi").partition("demo")[0]
    assert heard.finish is not None
    assert heard.finish.reason is FinishReason.STOP


def test_says_plainly_that_it_is_a_demo() -> None:
    assert "demo" in answer("Hi")
    assert "no language model read your message" in answer("Hi")


def test_refers_to_what_was_said() -> None:
    assert "“What is a fjord?”" in answer("What is a fjord?")


def test_quotes_only_the_beginning_of_a_long_message() -> None:
    assert len(answer("word " * 100_000)) < 5_000


def test_the_same_prompt_gets_the_same_answer() -> None:
    assert answer("Hi", seed=1) == answer("Hi", seed=1)


def test_other_prompts_and_other_seeds_get_other_answers() -> None:
    assert len({answer("Hi", seed=seed) for seed in range(20)}) > 5
    assert len({answer(f"Tell me about {number}").replace(str(number), "") for number in range(20)}) > 5


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Show me some Python code", "```python"),
        ("Compare these two", "|---|"),
        ("How do I begin?", "1. "),
        ("Tell me a long story", "Once upon a time"),
    ],
)
def test_shows_markdown_where_it_fits(said: str, shown: str) -> None:
    assert shown in answer(said)


def test_has_something_to_say_to_nothing() -> None:
    assert "You have not said anything yet." in compose_answer(())


@given(st.text())
def test_has_an_answer_to_anything(said: str) -> None:
    assert answer(said)


async def test_lists_its_models() -> None:
    backend = DemoBackend()
    for model in await backend.models():
        request = CompletionRequest(model, (PromptMessage(Role.USER, "Hi"),), CompletionParameters(max_tokens=1))
        assert (await hear(backend, request)).text
