from __future__ import annotations

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.errors import BadInput
from app.storage.search_terms import PREFIX_MARK, SET_APART, search_terms


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("tide moon", '"tide" "moon"'),
        ('"spring tide" moon', '"spring tide" "moon"'),
        ('"never closed', '"never closed"'),
        ("tide OR moon", '"tide" or "moon"'),
        ('tide "or" moon', '"tide" "or" "moon"'),
        ("or.", '"or . "'),
        ("tide -moon", '"tide" -"moon"'),
        ('-"spring tide"', '-"spring tide"'),
        ("log.py", '"log . py"'),
        ("list<string>", '"list < string>"'),
        ("well-known", '"well - known"'),
        ("embed*", f'"embed{PREFIX_MARK}"'),
        ("*", ""),
        ("?*", ""),
        ("東京", '" 東  京 "'),
        ("東京*", '" 東  京 "'),
        ("ｆｕｌｌ", '"full"'),
        ("hello or", '"hello"'),
        ("or hello", '"hello"'),
        ("or or", ""),
        ("a or or b", '"a" or "b"'),
        ("a or ? or b", '"a" or "b"'),
        ("-or a", '-"or" "a"'),
        ("a b a", '"a" "b"'),
        ("a b a or a b or a", '"a" "b" or "a"'),
        ("a -a", '"a" -"a"'),
        ("", ""),
        (' \t\n "" - -- ... &|!():* \'', ""),
    ],
)
def test_what_people_type_becomes_terms(query: str, terms: str) -> None:
    assert search_terms(query).query == terms


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("spring tide", '"spring" or "tide"'),
        ('"spring tide" -moon or tid*', f'"spring tide" or "tid{PREFIX_MARK}"'),
        ("-moon", ""),
        ("-or or", ""),
    ],
)
def test_what_can_be_shown_is_any_of_what_must_be_there(query: str, shown: str) -> None:
    assert search_terms(query).shown == shown


def test_a_query_of_more_words_than_can_be_weighed_is_refused() -> None:
    assert search_terms(" or ".join(f"x{number}" for number in range(32))).query.count("x") == 32
    for query in (" ".join(["x"] * 33), f'"{"x_" * 33}"', "東" * 33, "x or " * 33):
        with pytest.raises(BadInput, match=r"query: has 33 words, the most is 32"):
            search_terms(query)


def test_a_query_of_more_beginnings_of_words_than_can_be_looked_up_is_refused() -> None:
    assert search_terms("a* -b* or c*").query.count(PREFIX_MARK) == 3
    with pytest.raises(BadInput, match=r"query: has 4 words that end in \*, the most is 3"):
        search_terms("a* b* c* or -d*")


@given(st.text(max_size=32))
def test_terms_hold_as_many_quotes_as_they_open(query: str) -> None:
    terms = search_terms(query)
    assert terms.query.count('"') % 2 == terms.shown.count('"') % 2 == 0


async def test_the_index_sets_the_same_characters_apart(database_url: str) -> None:
    characters = [chr(code) for code in range(1, 0x32400) if not 0xD800 <= code <= 0xDFFF]
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "SELECT c, normalize(c, NFKC) AS normal, search_text(c) AS text FROM unnest($1::text[]) c", characters
    )
    await connection.close()
    assert len(rows) == len(characters)
    for row in rows:
        assert row["text"] == SET_APART.sub(lambda match: f"\x01{match[0]}\x01", row["normal"]), hex(ord(row["c"]))
