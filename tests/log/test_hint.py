from __future__ import annotations

from app.chat.identifiers import new_message_id
from app.log.hint import EVERYTHING, MAX_PAYLOAD_BYTES, Hints, hint


def test_only_what_is_followed_here_is_worth_a_look() -> None:
    followed, foreign = new_message_id(), new_message_id()
    hints = Hints()
    hints.follow(followed)
    assert not hints.add(hint([foreign]))
    assert hints.add(hint([foreign, followed]))
    assert set(hints.take()) == {followed}
    assert not hints.take()


def test_too_many_ids_for_one_notification_are_a_hint_at_everything() -> None:
    ids = [new_message_id() for _ in range(300)]
    assert hint(ids) == EVERYTHING
    assert len(hint(ids[:249])) <= MAX_PAYLOAD_BYTES
    hints = Hints()
    hints.follow(ids[7])
    assert hints.add(EVERYTHING)
    assert set(hints.take()) == {ids[7]}


def test_what_is_no_longer_followed_is_no_longer_looked_at() -> None:
    id = new_message_id()
    hints = Hints()
    hints.follow(id)
    hints.add(hint([id]))
    hints.forget(id)
    assert not hints.take()
    assert not hints.add(EVERYTHING)
