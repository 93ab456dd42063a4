"""The judge must be able to find fault."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.transcript import Transcript, Verdict, judge

LOG = ("one ", "two ", "three ", "four ")


def delta(seq: int, content: str) -> dict[str, Any]:
    return {"__typename": "CompletionDelta", "seq": seq, "content": content}


def end(seq: int) -> dict[str, Any]:
    return {"__typename": "CompletionEnd", "seq": seq, "message": {"seq": seq, "status": "COMPLETE"}}


def seen(*events: dict[str, Any]) -> Transcript:
    transcript = Transcript()
    for event in events:
        transcript.take(event)
    return transcript


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([delta(1, "one "), delta(2, "two "), delta(3, "three "), delta(4, "four ")], Verdict(delivered=4)),
        ([delta(1, "one "), delta(4, "two three four ")], Verdict(delivered=4)),
        ([delta(1, "one "), delta(2, "two ")], Verdict(delivered=2, lost=2)),
        ([delta(2, "one "), delta(4, "three four ")], Verdict(delivered=2, lost=2)),
        ([delta(4, "one two three four "), delta(4, "four ")], Verdict(delivered=4, doubled=1)),
        ([delta(2, "one two "), delta(4, "two three four ")], Verdict(delivered=2, doubled=2)),
        ([delta(2, "two one "), delta(4, "three four ")], Verdict(delivered=2, reordered=2)),
        ([delta(4, "one two three four "), delta(3, "other ")], Verdict(delivered=4, reordered=1)),
        ([], Verdict(lost=4)),
    ],
)
def test_every_flaw_is_counted_as_what_it_is(events: list[dict[str, Any]], verdict: Verdict) -> None:
    assert judge(seen(*events), LOG) == verdict


def test_what_comes_after_the_end_is_told() -> None:
    assert seen(delta(1, "one "), end(1)).complaints == []
    assert seen(end(0), end(0)).complaints == ["CompletionEnd 0 after the end"]
    assert seen(delta(1, "one "), end(1), delta(2, "two ")).complaints == ["CompletionDelta 2 after the end"]


def test_an_end_that_leaves_text_out_is_told() -> None:
    assert seen(delta(1, "one "), end(2)).complaints == ["end 2 of a message at 2, seen up to 1"]
