"""The bytes between a process and its engine, cut in every way that a stream may cut them."""

from __future__ import annotations

import itertools
import struct

from hypothesis import given
from hypothesis import strategies as st

from app.storage.engine_frames import Answer, AnswerParser, Kind, Verdict, encode_request


def encode_answer(answer: Answer) -> bytes:
    return struct.pack(">IIB", 5 + len(answer.body), answer.number, answer.verdict) + answer.body


def test_request_is_laid_out_as_documented() -> None:
    assert encode_request(0x01020304, Kind.QUERY, b"body", b"tx") == (
        b"\x00\x00\x00\x0c" + b"\x01\x02\x03\x04" + b"\x01" + b"\x02" + b"tx" + b"body"
    )
    assert encode_request(1, Kind.PING, b"") == b"\x00\x00\x00\x06" + b"\x00\x00\x00\x01" + b"\x06" + b"\x00"


ANSWERS = st.builds(
    Answer,
    number=st.integers(0, 2**32 - 1),
    verdict=st.sampled_from(Verdict),
    body=st.binary(max_size=200),
)


@given(answers=st.lists(ANSWERS, max_size=6), cuts=st.lists(st.integers(0, 1500)))
def test_answers_come_out_as_they_went_in_however_the_bytes_are_cut(answers: list[Answer], cuts: list[int]) -> None:
    stream = b"".join(map(encode_answer, answers))
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    parser = AnswerParser()
    received = [answer for start, end in itertools.pairwise(edges) for answer in parser.feed(stream[start:end])]
    assert received == answers


def test_answer_comes_out_with_its_last_byte_and_not_before() -> None:
    parser = AnswerParser()
    frame = encode_answer(Answer(7, Verdict.ANSWERED, b"body"))
    for byte in frame[:-1]:
        assert list(parser.feed(bytes([byte]))) == []
    assert list(parser.feed(frame[-1:])) == [Answer(7, Verdict.ANSWERED, b"body")]
