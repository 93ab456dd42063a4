from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.sse import EventStream, EventTooLarge, ServerSentEvent

STREAM = (
    "\ufeff: a comment\r\n"
    "data: first\r\n\r\n"
    "event: error\ndata:no space\ndata:  two spaces\n\n"
    "id: 7\rretry: 10\rdata: cr\r\r"
    'data: {"a":"x\u2028y\u0085z\u2029 🦜"}\n\n'
    "data\n\n"
    "nonsense: field\ndata: after nonsense\n\n"
    "event: dropped, since it has no data\n\n"
    "data: [DONE]\n\n"
    "data: broken off"
).encode()

EVENTS = [
    ServerSentEvent(b"first"),
    ServerSentEvent(b"no space\n two spaces", b"error"),
    ServerSentEvent(b"cr"),
    ServerSentEvent('{"a":"x\u2028y\u0085z\u2029 🦜"}'.encode()),
    ServerSentEvent(b""),
    ServerSentEvent(b"after nonsense"),
    ServerSentEvent(b"[DONE]"),
]


def events(*chunks: bytes) -> list[ServerSentEvent]:
    stream = EventStream()
    return [event for chunk in chunks for event in stream.feed(chunk)]


def test_reads_a_stream_that_comes_whole() -> None:
    assert events(STREAM) == EVENTS


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_reads_a_stream_cut_in_two_anywhere(cut: int) -> None:
    assert events(STREAM[:cut], STREAM[cut:]) == EVENTS


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_reads_a_stream_in_small_slices(size: int) -> None:
    assert events(*(STREAM[start : start + size] for start in range(0, len(STREAM), size))) == EVENTS


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
def test_takes_each_kind_of_line_end(newline: bytes) -> None:
    stream = newline.join([b"data: a", b"data: b", b"", b": c", b"data: c", b"", b""])
    assert events(stream) == [ServerSentEvent(b"a\nb"), ServerSentEvent(b"c")]
    assert events(*(stream[at : at + 1] for at in range(len(stream)))) == [
        ServerSentEvent(b"a\nb"),
        ServerSentEvent(b"c"),
    ]


def test_an_event_that_no_blank_line_ended_is_none() -> None:
    assert events(b"data: half\n") == []


def test_an_empty_piece_between_cr_and_lf_changes_nothing() -> None:
    assert events(b"data: a\r", b"", b"\ndata: b\r\n\r\n") == [ServerSentEvent(b"a\nb")]


def test_refuses_an_event_that_does_not_end() -> None:
    stream = EventStream(max_event_bytes=10)
    assert list(stream.feed(b"data: 1234\n\n")) == [ServerSentEvent(b"1234")]
    with pytest.raises(EventTooLarge):
        list(stream.feed(b"data: 12345"))


def test_refuses_an_event_of_too_many_short_lines() -> None:
    stream = EventStream(max_event_bytes=100)
    with pytest.raises(EventTooLarge):
        for _ in range(100):
            list(stream.feed(b"data: 1\n"))


def test_takes_keep_alive_comments_for_as_long_as_they_come() -> None:
    stream = EventStream(max_event_bytes=100)
    for _ in range(1_000):
        assert list(stream.feed(b": keep-alive\n")) == []
    assert list(stream.feed(b"data: at last\n\n")) == [ServerSentEvent(b"at last")]


@given(data=st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))), cuts=st.data())
def test_any_text_comes_out_as_it_went_in(data: list[str], cuts: st.DataObject) -> None:
    stream = "".join(f"data: {each}\n\n" for each in data).encode()
    cut = cuts.draw(st.integers(0, len(stream)))
    assert [event.data.decode() for event in events(stream[:cut], stream[cut:])] == data


PARTS = [b"data: a\n\n", b"data: b", b"data:", b"event: x\n", b": c\n", b"\n", b"\r", b"\r\n", b"\n\n", b"\xef\xbb\xbf"]


@given(pieces=st.lists(st.sampled_from(PARTS)))
def test_however_a_stream_is_cut_its_events_are_the_same(pieces: list[bytes]) -> None:
    cut, bytewise = EventStream(), EventStream()
    seen = [event for piece in pieces for event in cut.feed(piece)]
    assert seen == [event for byte in b"".join(pieces) for event in bytewise.feed(bytes([byte]))]
    assert cut.within_event == bytewise.within_event


@pytest.mark.parametrize(
    ("stream", "within"),
    [
        (b"", False),
        (b"data: a\n\n", False),
        (b"data: a\r\n\r\n", False),
        (b": comment\n", False),
        (b"data: a\n", True),
        (b"data: a\n\ndat", True),
    ],
)
def test_a_stream_that_stops_within_an_event_can_be_told_from_one_that_stops_after_it(
    stream: bytes, within: bool
) -> None:
    reader = EventStream()
    for index in range(len(stream)):
        list(reader.feed(stream[index : index + 1]))
    assert reader.within_event is within
