"""Text that says when it was produced."""

from __future__ import annotations

from bench.delivery.stamp import STAMPED_CHARACTERS, now_us, stamped, stamps_us


def test_a_stamp_is_read_back_from_the_middle_of_a_frame() -> None:
    assert stamps_us(b'{"data":{"content":"' + stamped(12_345_678).encode() + b'"}}') == [12_345_678]


def test_of_joined_deltas_each_has_its_own() -> None:
    assert stamps_us("".join(map(stamped, [7, 8, 10**15])).encode()) == [7, 8, 10**15]


def test_every_delta_has_the_same_length() -> None:
    assert {len(stamped(each)) for each in (0, 1, now_us(), 10**16 - 1)} == {STAMPED_CHARACTERS}


def test_other_numbers_are_no_stamps() -> None:
    assert stamps_us(b'{"seq":1234567890123456,"id":"msg_01m7zd0wywej5rdfcg7mrg3qhk"}') == []
