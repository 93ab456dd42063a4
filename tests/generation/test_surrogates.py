from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.generation.surrogates import SurrogateJoiner


def test_an_emoji_cut_in_two_comes_out_whole() -> None:
    joiner = SurrogateJoiner()
    assert [joiner.join("a \ud83d"), joiner.join("\ude00 b"), joiner.rest()] == ["a ", "😀 b", ""]


def test_a_half_without_its_other_half_is_not_lost() -> None:
    joiner = SurrogateJoiner()
    assert [joiner.join("\ud83d"), joiner.join("x"), joiner.join("\ude00"), joiner.rest()] == [
        "",
        "\ud83dx",
        "\ude00",
        "",
    ]


def test_a_half_at_the_end_of_everything_is_told_last() -> None:
    joiner = SurrogateJoiner()
    assert [joiner.join("x\ud83d"), joiner.rest(), joiner.rest()] == ["x", "\ud83d", ""]


def test_an_empty_delta_does_not_part_two_halves() -> None:
    joiner = SurrogateJoiner()
    assert [joiner.join("\ud83d"), joiner.join(""), joiner.join("\ude00")] == ["", "", "😀"]


@given(st.text(), st.integers(min_value=1, max_value=3))
def test_text_sent_in_pieces_of_utf_16_comes_out_as_it_was(text: str, size: int) -> None:
    units = text.encode("utf-16-le", "surrogatepass")
    pieces = [units[at : at + 2 * size].decode("utf-16-le", "surrogatepass") for at in range(0, len(units), 2 * size)]
    joiner = SurrogateJoiner()
    assert "".join(joiner.join(piece) for piece in pieces) + joiner.rest() == text
