from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat import text
from app.chat.errors import BadInput

STORABLE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
ANY_TEXT = st.text(st.characters(exclude_categories=[]))  # lone surrogates and NUL too


@given(STORABLE)
def test_text_without_nul_and_lone_surrogates_is_taken_as_it_came(value: str) -> None:
    assert text.check_text(value, "content") is value
    assert text.storable(value) == value


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("\0", "a NUL character at position 0"),
        ("abc\0", "a NUL character at position 3"),
        ("\ud800", "a lone surrogate at position 0"),
        ("ab\udfff", "a lone surrogate at position 2"),
        ("😀\ude00", "a lone surrogate at position 1"),
    ],
    ids=ascii,
)
def test_what_cannot_be_stored_is_refused_with_its_place(value: str, what: str) -> None:
    with pytest.raises(BadInput, match=f"^content: {what} cannot be stored"):
        text.check_text(value, "content")


@pytest.mark.parametrize("letter", ["a", "é", "€", "😀"])
def test_the_size_of_text_is_that_of_its_utf8(letter: str) -> None:
    size = len(letter.encode())
    text.check_text(letter * (1200 // size), "content", max_bytes=1200)
    with pytest.raises(BadInput, match="more than 1,200 bytes"):
        text.check_text(letter * (1200 // size) + "b", "content", max_bytes=1200)


def test_a_message_of_just_the_most_bytes_is_taken() -> None:
    text.check_text("x" * text.MAX_CONTENT_BYTES, "content")
    with pytest.raises(BadInput):
        text.check_text("x" * (text.MAX_CONTENT_BYTES + 1), "content")


@given(ANY_TEXT)
def test_what_a_backend_said_is_made_storable_letter_by_letter(said: str) -> None:
    kept = text.storable(said)
    text.check_text(kept, "content")
    assert len(kept) == len(said)
    assert all(new == old or (new == "\ufffd" and old in {"\0", old}) for new, old in zip(kept, said, strict=True))


def test_nul_and_lone_surrogates_become_the_replacement_character() -> None:
    assert text.storable("a\0b\ud800c\udc00d") == "a\ufffdb\ufffdc\ufffdd"


def test_a_title_is_measured_in_characters() -> None:
    assert text.check_characters("é" * 500, "title", text.MAX_TITLE_CHARACTERS) == "é" * 500
    with pytest.raises(BadInput, match="has 501 characters, the most is 500"):
        text.check_characters("é" * 501, "title", text.MAX_TITLE_CHARACTERS)
    with pytest.raises(BadInput, match="NUL"):
        text.check_characters("a\0", "title", text.MAX_TITLE_CHARACTERS)


def nested(levels: int, leaf: Any) -> dict[str, Any]:
    value = leaf
    for level in range(levels):
        value = [value] if level % 2 else {"in": value}
    return {"in": value}


GOOD_METADATA: dict[str, dict[str, Any]] = {
    "empty": {},
    "every type": {"null": None, "yes": True, "int": 1, "float": 0.1, "text": "é\u2028", "list": [1, [2]], "{}": {}},
    "empty key": {"": 1},
    "integers of 64 bits": {"least": -(2**63), "most": 2**64 - 1},
    "floats": {"largest": 1.7976931348623157e308, "smallest": 5e-324},
    "deepest": nested(text.MAX_METADATA_DEPTH - 1, 1),
    "largest": {"k": "x" * (text.MAX_METADATA_BYTES - len('{"k":""}'))},
}

BAD_METADATA: dict[str, tuple[dict[str, Any], str]] = {
    "NUL in a value": ({"a": {"b": "x\0"}}, "metadata.a.b: a NUL"),
    "NUL in a key": ({"a": {"x\0": 1}}, "metadata.a: a NUL"),
    "surrogate in a list": ({"a": ["ok", "\udead"]}, r"metadata.a\[1\]: a lone surrogate"),
    "surrogate in a key": ({"\udead": 1}, "metadata: a lone surrogate"),
    "NaN": ({"n": math.nan}, "metadata.n: holds a number that JSON"),
    "infinity": ({"n": [-math.inf]}, r"metadata.n\[0\]: holds a number that JSON"),
    "integer too great": ({"n": 2**64}, "metadata.n: holds an integer of more"),
    "integer too small": ({"n": -(2**63) - 1}, "metadata.n: holds an integer of more"),
    "too deep": (nested(text.MAX_METADATA_DEPTH, 1), "nested more than 20 levels"),
    "very deep": (nested(100_000, 1), "nested more than 20 levels"),
    "one value too large": ({"k": "x" * text.MAX_METADATA_BYTES}, "bytes, the most is"),
    "all together too large": ({str(key): "x" * 1000 for key in range(70)}, "bytes, the most is"),
    "too large in bytes": ({"k": "é" * (text.MAX_METADATA_BYTES // 2)}, "bytes, the most is"),
}


@pytest.mark.parametrize("metadata", GOOD_METADATA.values(), ids=GOOD_METADATA)
def test_metadata_that_json_and_postgresql_can_hold_is_taken(metadata: dict[str, Any]) -> None:
    assert text.check_metadata(metadata) is metadata
    json.dumps(metadata, allow_nan=False)


@pytest.mark.parametrize(("metadata", "problem"), BAD_METADATA.values(), ids=BAD_METADATA)
def test_metadata_that_cannot_be_stored_is_refused_by_its_path(metadata: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        text.check_metadata(metadata)
