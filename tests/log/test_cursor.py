from __future__ import annotations

import pytest

from app.chat.errors import NotFound
from app.chat.events import Delta, End, Snapshot
from app.chat.identifiers import new_message_id
from app.log.cursor import Cursor
from app.log.mirror import DELETED_SEQ, Mirror

ID = new_message_id()


def test_all_is_told_once_and_in_order_and_nothing_after_the_end() -> None:
    mirror = Mirror()
    cursor = Cursor(ID, mirror, 0)
    assert (cursor.next(), cursor.idle) == (None, True)
    mirror.feed(1, "a", None, final=False)
    assert (cursor.idle, cursor.next()) == (False, Delta(1, "a"))
    mirror.feed(2, "b", None, final=False)
    mirror.feed(3, "c", "why", final=False)
    mirror.feed(4, "", None, final=True)
    assert cursor.delta() == Delta(3, "bc", "why")
    assert (cursor.delta(), cursor.idle, cursor.ended) == (None, False, False)
    assert cursor.next() == End(3, ID)
    assert cursor.ended


def test_where_the_log_is_no_longer_kept_all_text_is_told_instead_and_never_as_a_delta() -> None:
    mirror = Mirror()
    cursor = Cursor(ID, mirror, 2)
    mirror.trimmed(7, "all of it", None)
    assert not cursor.idle
    assert cursor.delta() is None
    assert cursor.next() == Snapshot(7, "all of it")
    assert cursor.next() == End(7, ID)


def test_of_a_reply_that_is_deleted_all_that_was_said_is_told_before_it_is_not_found() -> None:
    mirror = Mirror()
    cursor = Cursor(ID, mirror, 0)
    mirror.feed(1, "a", None, final=False)
    mirror.feed(DELETED_SEQ, "", None, final=True)
    assert cursor.next() == Delta(1, "a")
    assert not cursor.idle
    with pytest.raises(NotFound):
        cursor.next()
