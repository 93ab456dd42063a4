"""What of a message shows best why it was found.

`ts_headline` takes time with the square of the text, so of a long one it is given two short pieces: first the one that
answers the query best, then the one that answers best what the first leaves open.
"""

from __future__ import annotations

from typing import Final

from app.chat.search_hit import Span

MATCH_START: Final = "\x02"
MATCH_END: Final = "\x03"
GAP: Final = "\x04"
"""What stands in an excerpt for the text between two pieces of it."""
SET_APART_BY: Final = "\x01"
"""As `search_text` does it; no part of any text."""
SHOWN_GAP: Final = " … "

SEARCHED_CHARACTERS: Final = 100_000
"""As many as are indexed: see `search_words` in the migrations."""
PIECE_CHARACTERS: Final = 500
PIECE_EVERY_CHARACTERS: Final = 400
"""Pieces overlap, so that what one cuts in two is whole in the next."""
_OVERLAP_CHARACTERS: Final = PIECE_CHARACTERS - PIECE_EVERY_CHARACTERS
_CUT: Final = r"^\w{1,30}|\w{1,30}$"
"""What is left out of a word that is cut: less than half of what overlaps, for some scripts have no end of a word."""
_BLOCK_CHARACTERS: Final = 10 * PIECE_EVERY_CHARACTERS
WHOLE_CHARACTERS: Final = 2 * PIECE_CHARACTERS
"""A text that is no longer is taken as it is."""
HEADLINE_CHARACTERS: Final = 3 * WHOLE_CHARACTERS
"""`ts_headline` is never given more. `search_text` makes three of a letter that it sets apart, and seldom more."""

_MARKS: Final = r"E'\u0001\u0002\u0003\u0004'"
_OPTIONS: Final = (
    f'StartSel="{MATCH_START}", StopSel="{MATCH_END}", FragmentDelimiter="{GAP}", '
    "MaxFragments=2, MaxWords=30, MinWords=15, ShortWord=0"
)

# A word that is cut is none, and no match; the spaces at both ends of the text keep its first and its last word whole.
# Blocks first, for to find a place in a text of such characters as take several bytes is to count from its beginning.
_PIECES: Final = rf"""
  WITH piece AS MATERIALIZED (
    SELECT block.place + start AS place, part.text, to_tsvector('simple', search_text(part.text)) AS words
    FROM (SELECT ' ' || said.text || ' ' AS text OFFSET 0) padded
    CROSS JOIN LATERAL (
      SELECT place, substr(padded.text, place + 1, {_BLOCK_CHARACTERS + _OVERLAP_CHARACTERS}) AS text
      FROM generate_series(0, length(padded.text), {_BLOCK_CHARACTERS}) AS place OFFSET 0
    ) block
    CROSS JOIN LATERAL generate_series(
      0, least(length(block.text) - {_OVERLAP_CHARACTERS}, {_BLOCK_CHARACTERS}) - 1, {PIECE_EVERY_CHARACTERS}
    ) AS start
    CROSS JOIN LATERAL (
      SELECT regexp_replace(substr(block.text, start + 1, {PIECE_CHARACTERS}), '{_CUT}', '', 'g') AS text OFFSET 0
    ) part
  ),
  best AS MATERIALIZED (
    SELECT * FROM piece ORDER BY words @@ query.words DESC, ts_rank(words, query.shown) DESC, place LIMIT 1
  ),
  second AS MATERIALIZED (
    SELECT piece.* FROM piece CROSS JOIN best
    WHERE abs(piece.place - best.place) > {PIECE_EVERY_CHARACTERS} AND piece.words @@ query.shown
    ORDER BY (best.words || piece.words) @@ query.words DESC, ts_rank(piece.words, query.shown) DESC, piece.place
    LIMIT 1
  )
  SELECT string_agg(text, E'\u0004' ORDER BY place) FROM (TABLE best UNION ALL TABLE second) pieces
"""  # noqa: S608 - every part is a constant of this file

EXCERPT: Final = rf"""(
  SELECT ts_headline(
    'simple', part.text,
    CASE WHEN to_tsvector('simple', part.text) @@ query.words THEN query.words ELSE query.shown END, '{_OPTIONS}'
  )
  FROM (SELECT translate(left(m.content, {SEARCHED_CHARACTERS}), {_MARKS}, '    ') AS text OFFSET 0) said
  CROSS JOIN LATERAL (
    SELECT left(search_text(
      CASE WHEN length(said.text) <= {WHOLE_CHARACTERS} THEN said.text ELSE ({_PIECES}) END
    ), {HEADLINE_CHARACTERS}) AS text OFFSET 0
  ) part
)"""  # noqa: S608 - as above
"""SQL: of the message `m`, for the queries `query.words` and `query.shown`."""


def excerpt(headline: str) -> tuple[Span, ...]:
    """The pieces of what `ts_headline` gave. Matches that only touch are one."""
    text = headline.replace(SET_APART_BY, "").replace(MATCH_END + MATCH_START, "").replace(GAP, SHOWN_GAP)
    spans = []
    before, *rest = text.split(MATCH_START)
    spans.append(Span(before))
    for each in rest:
        match, _, after = each.partition(MATCH_END)
        spans += [Span(match, match=True), Span(after)]
    return tuple(each for each in spans if each.text)
