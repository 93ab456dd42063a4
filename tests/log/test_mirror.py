from __future__ import annotations

import asyncio

import pytest

from app.chat.events import Delta
from app.log.mirror import Gap, Mirror


def fed(*contents: str) -> Mirror:
    mirror = Mirror()
    for seq, content in enumerate(contents, 1):
        mirror.feed(seq, content, None, final=False)
    return mirror


def test_a_cursor_gets_what_follows_it_joined_into_one_delta() -> None:
    assert fed("a", "b", "c").after(1) == Delta(3, "bc", None)


def test_reasoning_is_joined_beside_the_content_and_absent_where_there_is_none() -> None:
    mirror = fed("a")
    mirror.feed(2, "", "because ", final=False)
    mirror.feed(3, "b", "it is", final=False)
    assert mirror.after(1) == Delta(3, "b", "because it is")
    assert mirror.after(0).content == "ab"
    assert fed("a").after(0).reasoning is None


def test_a_row_that_comes_twice_is_told_once() -> None:
    mirror = fed("a", "b")
    mirror.feed(2, "b", None, final=False)
    mirror.feed(1, "a", None, final=False)
    assert mirror.after(0) == Delta(2, "ab", None)


def test_a_gap_is_never_stepped_over() -> None:
    mirror = fed("a")
    with pytest.raises(Gap):
        mirror.feed(3, "c", None, final=False)
    assert mirror.seq == 1
    mirror.feed(2, "b", None, final=False)
    assert mirror.after(0).content == "ab"


def test_the_end_marker_has_no_text_and_no_number_of_its_own_and_nothing_follows_it() -> None:
    mirror = fed("a")
    mirror.feed(2, "", None, final=True)
    mirror.feed(3, "late", None, final=False)
    assert mirror.ended
    assert mirror.seq == 1
    assert mirror.after(0).content == "a"


def test_of_a_trimmed_reply_only_the_whole_text_is_left() -> None:
    mirror = Mirror()
    mirror.trimmed(7, "all of it", None)
    assert (mirror.ended, mirror.base, mirror.seq) == (True, 7, 7)
    assert mirror.opening == Delta(7, "all of it", None)


async def test_a_change_wakes_everybody_who_waits_for_it_and_forgets_who_has_gone() -> None:
    mirror = Mirror()
    waiting = [asyncio.create_task(mirror.change()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    mirror.tell()
    mirror.tell()
    done, left = await asyncio.wait(waiting, timeout=5)
    assert (waiting[0].cancelled(), len(done), left) == (True, 3, set())
    assert not mirror._waiting


def test_all_who_are_at_the_same_place_are_told_the_same_object() -> None:
    mirror = fed("a", "b")
    told = mirror.after(1)
    assert mirror.after(1) is told
    assert mirror.after(0) == Delta(2, "ab", None)
    mirror.feed(3, "c", None, final=False)
    assert mirror.after(1) == Delta(3, "bc", None)


async def test_who_listens_is_called_once_for_all_changes_of_a_turn_and_not_when_it_has_stopped() -> None:
    mirror, called = Mirror(), list[str]()

    def leaves() -> None:
        called.append("leaves")
        mirror.listeners.discard(leaves)

    def stays() -> None:
        called.append("stays")

    mirror.listeners |= {leaves, stays}
    mirror.tell()
    mirror.tell()
    assert not called
    await asyncio.sleep(0)
    assert sorted(called) == ["leaves", "stays"]
    mirror.tell()
    await asyncio.sleep(0)
    assert sorted(called) == ["leaves", "stays", "stays"]
