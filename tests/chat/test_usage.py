from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.chat.completion import PromptMessage
from app.chat.records import Role, UsageSource
from app.chat.usage import estimate_usage


def test_an_estimate_is_a_token_for_four_bytes_begun_and_some_for_each_message() -> None:
    prompt = [PromptMessage(Role.SYSTEM, "12345678"), PromptMessage(Role.USER, "123456789")]
    usage = estimate_usage(prompt, "€")
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (2 + 4 + 3 + 4, 1, 14)


def test_what_was_not_said_costs_nothing() -> None:
    assert estimate_usage([], "").total_tokens == 0


@given(st.lists(st.text()), st.text())
def test_an_estimate_is_always_labelled_as_one_and_never_negative(prompt: list[str], completion: str) -> None:
    usage = estimate_usage([PromptMessage(Role.USER, each) for each in prompt], completion)
    assert usage.source is UsageSource.ESTIMATED
    assert usage.prompt_tokens >= len(prompt)
    assert usage.completion_tokens >= (completion != "")
