"""Which writers are dead, of those whose lease has run out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.chat.identifiers import WriterId, new_uuid
from app.log.suspects import Suspects

ONE, OTHER = WriterId(new_uuid()), WriterId(new_uuid())
SOME_TIME = datetime(2026, 1, 31, tzinfo=UTC)
LATER = SOME_TIME + timedelta(milliseconds=1)


def test_a_writer_is_dead_when_it_has_been_silent_for_the_whole_patience() -> None:
    suspects = Suspects(5.0)
    assert suspects.silent({ONE: SOME_TIME}, 100.0) == []
    assert suspects.silent({ONE: SOME_TIME}, 102.5) == []
    assert suspects.silent({ONE: SOME_TIME, OTHER: SOME_TIME}, 104.9) == []
    assert suspects.silent({ONE: SOME_TIME, OTHER: SOME_TIME}, 105.0) == [ONE]


def test_one_that_has_renewed_since_is_given_the_whole_patience_again() -> None:
    suspects = Suspects(5.0)
    suspects.silent({ONE: SOME_TIME}, 100.0)
    assert suspects.silent({ONE: LATER}, 106.0) == []
    assert suspects.silent({ONE: LATER}, 110.9) == []
    assert suspects.silent({}, 111.0) == []
    assert suspects.silent({ONE: LATER}, 112.0) == []
    assert suspects.silent({ONE: LATER}, 117.0) == [ONE]
