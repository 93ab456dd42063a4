from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.chat.events import Outcome
from app.chat.identifiers import new_message_id
from app.chat.records import Text
from app.chat.status import MessageStatus
from app.log.batch import Append, Stream, gather


def test_text_gathered_between_two_flushes_is_one_delta() -> None:
    stream = Stream(new_message_id())
    stream.add("a", "")
    stream.add("b", "why")
    stream.add("", " not")
    assert gather([stream]).appends == (Append(stream.id, 1, "ab", "why not"),)
    assert gather([stream]).appends == ()


def test_the_end_takes_the_last_text_and_a_marker_with_it() -> None:
    stream = Stream(new_message_id())
    stream.add("a", "")
    gather([stream])
    stream.add("b", "")
    stream.outcome = Outcome(MessageStatus.COMPLETE)
    batch = gather([stream])
    assert batch.appends == (Append(stream.id, 2, "b"), Append(stream.id, 3, final=True))
    assert [each.text for each in batch.endings] == [Text(2, "ab", None)]


def test_a_reply_without_any_text_has_only_its_end_marker() -> None:
    stream = Stream(new_message_id(), outcome=Outcome(MessageStatus.FAILED))
    batch = gather([stream])
    assert batch.appends == (Append(stream.id, 1, final=True),)
    assert batch.endings[0].text == Text()


@given(st.lists(st.one_of(st.none(), st.text()), max_size=60))
def test_however_flushes_fall_numbers_are_dense_and_no_text_is_lost_or_doubled(steps: list[str | None]) -> None:
    """None is a flush, text an append."""
    stream = Stream(new_message_id())
    taken: list[Append] = []
    for step in [*steps, None]:
        if step is None:
            taken += gather([stream]).appends
        else:
            stream.add(step, "")
    assert [each.seq for each in taken] == list(range(1, len(taken) + 1))
    assert "".join(each.content for each in taken) == "".join(step for step in steps if step)
    assert stream.text().content == "".join(each.content for each in taken)
