from __future__ import annotations

import itertools

import pytest

from app.chat.status import MOVES, MessageStatus

LEGAL = {
    ("QUEUED", "STREAMING"),
    ("QUEUED", "STOPPED"),
    ("QUEUED", "INTERRUPTED"),
    ("STREAMING", "COMPLETE"),
    ("STREAMING", "STOPPED"),
    ("STREAMING", "FAILED"),
    ("STREAMING", "INTERRUPTED"),
}


@pytest.mark.parametrize(("one", "other"), list(itertools.product(MessageStatus, repeat=2)))
def test_a_message_makes_the_legal_moves_and_no_others(one: MessageStatus, other: MessageStatus) -> None:
    assert one.may_become(other) == ((one.value, other.value) in LEGAL)


def test_only_what_is_queued_or_streaming_can_still_change() -> None:
    assert {each for each in MessageStatus if each.in_flight} == {MessageStatus.QUEUED, MessageStatus.STREAMING}


def test_every_status_has_its_moves() -> None:
    assert set(MOVES) == set(MessageStatus)
