from __future__ import annotations

import weakref
from typing import Any

import pytest

from app.api.graphql.completion_event import completion_event
from app.api.graphql.shared_payload import MOST_KEPT_BYTES, SharedPayload, shared_payload
from app.chat.events import Delta


class Counted:
    """A completion."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, event: Any, _execution: object) -> Any:
        self.calls += 1
        return {"content": event.content}


def test_of_the_same_event_it_is_made_once_and_of_an_equal_one_anew() -> None:
    shared, completion = SharedPayload(), Counted()
    delta = Delta(1, "é")
    for _ in range(3):
        assert shared.of(delta, completion_event, completion) == '{"content":"é"}'.encode()
    assert completion.calls == 1
    assert shared.of(Delta(1, "é"), completion_event, completion) == '{"content":"é"}'.encode()
    assert completion.calls == 2


def test_one_that_is_long_is_not_kept() -> None:
    shared, completion = SharedPayload(), Counted()
    short, long = Delta(1, "a"), Delta(2, "x" * MOST_KEPT_BYTES)
    for each in (short, long, short, long):
        shared.of(each, completion_event, completion)
    assert completion.calls == 3


def test_what_asks_for_anything_of_one_client_is_not_shared() -> None:
    def of_a_client(_event: object, execution: Any) -> Any:
        return execution.arguments({})

    for _ in range(2):
        with pytest.raises(Exception, match="arguments"):
            SharedPayload().of(Delta(1, "a"), completion_event, of_a_client)


def test_all_who_have_a_completion_share_and_nobody_keeps_it() -> None:
    one, other = Counted(), Counted()
    assert shared_payload(one) is shared_payload(one)
    assert shared_payload(one) is not shared_payload(other)
    kept = weakref.ref(one)
    del one
    assert kept() is None
