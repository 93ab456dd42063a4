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
        ("", ""),
        (' \t\n "" - -- ... &|!():* \'', ""),
    ],
)
def test_what_people_type_becomes_terms(query: str, terms: str) -> None:
    assert search_terms(query) == terms


def test_a_query_of_more_words_than_can_be_weighed_is_refused() -> None:
    assert search_terms(" ".join(["x"] * 32)).count("x") == 32
    for query in (" ".join(["x"] * 33), f'"{"x_" * 33}"', "東" * 33, "x or " * 17):
        with pytest.raises(BadInput, match=r"query: has 3[34] words, the most is 32"):
            search_terms(query)


@given(st.text(max_size=32))
def test_terms_hold_as_many_quotes_as_they_open(query: str) -> None:
    assert search_terms(query).count('"') % 2 == 0


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
