"""What is shown of a message that was found: where the match is, also in a long text."""

from __future__ import annotations

import pytest

from app.log.connection import Connection
from app.storage.records import PrismaRecords
from app.storage.search_excerpt import EXCERPT, GAP, HEADLINE_CHARACTERS, MATCH_START, WHOLE_CHARACTERS, excerpt
from tests.storage.records.said import ALL, say, shown

FLOOD = "flood " * 2_000
IDEOGRAPHS = "".join(map(chr, range(0x7000, 0x8000)))


async def excerpts(records: PrismaRecords, sql: Connection, owner: str, content: str, query: str) -> str:
    await say(sql, owner, [content])
    [hit] = (await records.search(owner, query, ALL)).items
    return shown(hit)


async def test_an_excerpt_of_a_long_text_is_short_and_shows_the_places(
    records: PrismaRecords, owner: str, sql: Connection
) -> None:
    text = await excerpts(records, sql, owner, f"{FLOOD}ebb {FLOOD}ebb {FLOOD}", "ebb")
    assert text.count("[ebb]") == 2
    assert " … " in text
    assert len(text) < 1000


@pytest.mark.parametrize(
    ("content", "query", "matches"),
    [
        (f"{FLOOD}ebb {FLOOD}tide {FLOOD}", "ebb tide", ["[ebb]", "[tide]"]),
        (f"ebb {FLOOD}ebb {FLOOD}spring tide", "ebb tide", ["[ebb]", "[tide]"]),
        (f"tide {FLOOD}spring {FLOOD}spring tide {FLOOD}", '"spring tide"', ["[spring] [tide]"]),
        (f"{FLOOD}the last word is tide", "tide", ["is [tide]"]),
        (f"{FLOOD}tides", "tid*", ["[tides]"]),
        (f"{FLOOD}ebb {FLOOD}", "ebb -tide", ["[ebb]"]),
        (f"{FLOOD}ebb {FLOOD}", "tide or ebb", ["[ebb]"]),
        (f"東西{IDEOGRAPHS}東京大{IDEOGRAPHS}", "東京", ["[東京]大"]),
        ("".join(f"{number}th " for number in range(9_000)) + "ebb", "8000th ebb", ["[8000th]", "[ebb]"]),
        ("𝄞" * 40_000 + " ebb " + "𝄞" * 40_000, "ebb", ["[ebb]"]),
    ],
)
async def test_an_excerpt_shows_the_matches_wherever_they_are_in_a_long_text(
    records: PrismaRecords, sql: Connection, owner: str, content: str, query: str, matches: list[str]
) -> None:
    text = await excerpts(records, sql, owner, content, query)
    assert all(each in text for each in matches), text


async def test_a_match_is_shown_whole_wherever_a_text_is_cut(sql: Connection) -> None:
    for word, match in (("low ", " high tide "), ("低", "高潮")):
        contents = [
            (word * 2_000)[:distance] + match + word * 400 for distance in (*range(350, 850), *range(3_900, 4_200))
        ]
        headlines = await sql.fetch(
            f"SELECT {EXCERPT} AS headline FROM unnest($1::text[]) AS m(content) CROSS JOIN"
            " (SELECT q AS words, q AS shown FROM phraseto_tsquery('simple', search_text($2)) q) query",
            contents, match,
        )  # fmt: skip
        shown = [excerpt(row["headline"]) for row in headlines]
        assert {"".join(span.text for span in each if span.match) for each in shown} == {match.replace(" ", "")}


async def test_the_rest_of_a_word_that_is_cut_is_no_match(sql: Connection) -> None:
    contents = ["x" * shift + " " + "floodebbflood " * 200 for shift in range(20)]
    rows = await sql.fetch(
        f"SELECT {EXCERPT} AS headline FROM unnest($1::text[]) AS m(content) CROSS JOIN"
        " (SELECT 'fl:* & !floodebbflood'::tsquery AS words, 'ebb:* | floodebb | bbflood'::tsquery AS shown) query",
        contents,
    )
    assert not [row["headline"] for row in rows if MATCH_START in row["headline"]]


async def test_what_headlines_are_made_of_is_short(sql: Connection) -> None:
    """`ts_headline` takes time with the square of what it is given."""
    await sql.execute(
        "CREATE FUNCTION pg_temp.given(regconfig, text, tsquery, text) RETURNS text LANGUAGE sql"
        " AS 'SELECT length($2)::text'"
    )
    rows = await sql.fetch(
        f"SELECT {EXCERPT.replace('ts_headline(', 'pg_temp.given(')} AS characters"
        " FROM unnest($1::text[]) AS m(content)"
        " CROSS JOIN (SELECT 'aa & bb'::tsquery AS words, 'aa | bb'::tsquery AS shown) query",
        [
            "aa bb",
            "aa bb " * 100,
            "aa bb " * 16_600,
            "x" * 100_000,
            "aa" * 300 + " " * 99_000 + "bb",
            "\ufdfa" * 1_000,
            "東" * 9_000,
        ],
    )
    characters = [int(row["characters"]) for row in rows]
    assert characters[:2] == [5, 600]
    assert max(characters[:-2]) <= WHOLE_CHARACTERS + len(GAP)
    assert max(characters) <= HEADLINE_CHARACTERS
