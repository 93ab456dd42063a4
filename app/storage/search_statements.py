"""The SQL of search."""

from __future__ import annotations

from typing import Final

from app.storage.search_terms import PREFIX_MARK

MATCH_START: Final = "\x02"
MATCH_END: Final = "\x03"
GAP: Final = "\x04"
"""What stands in an excerpt for the text between two pieces of it."""
SET_APART_BY: Final = "\x01"
"""As `search_text` does it; no part of any text."""

EXCERPT_CHARACTERS: Final = 100_000
"""As many as are indexed: see `search_words` in the migrations."""

_MARKS: Final = r"E'\u0001\u0002\u0003\u0004'"
_EXCERPT: Final = (
    f'StartSel="{MATCH_START}", StopSel="{MATCH_END}", FragmentDelimiter="{GAP}", '
    "MaxFragments=2, MaxWords=30, MinWords=15, ShortWord=0"
)

# A rank is told by its shortest text, which gives the same float again, so that a cursor is where its hit is.
# What all of an owner's hits are worth is worked out for each page: the best may be anywhere.
# Flag 1 of ts_rank_cd: long messages match more often, not better.
SEARCH: Final = f"""
WITH query AS MATERIALIZED (
  SELECT regexp_replace(websearch_to_tsquery('simple', $2)::text, '([^'' ]){PREFIX_MARK}''', '\\1'':*', 'g')::tsquery
         AS words
),
found AS MATERIALIZED (
  SELECT s.message_id, ts_rank_cd(s.words, query.words, 1) AS rank
  FROM query JOIN search_entries s
    ON s.words @@ (query.words && ('''' || E'\\u0001' || md5($1) || '''')::tsquery) AND s.words IS NOT NULL
  WHERE s.owner = $1 AND numnode(query.words) > 0
),
page AS MATERIALIZED (
  SELECT f.message_id, f.rank FROM found f
  WHERE $4::uuid IS NULL OR (f.rank, f.message_id) < ($3::text::real, $4::uuid)
  ORDER BY f.rank DESC, f.message_id DESC LIMIT $5::int
)
SELECT to_jsonb(m) AS message, page.rank::text AS rank,
       ts_headline('simple', search_text(translate(left(m.content, {EXCERPT_CHARACTERS}), {_MARKS}, '    ')),
                   query.words, '{_EXCERPT}') AS excerpt
FROM page JOIN messages m ON m.id = page.message_id CROSS JOIN query
ORDER BY page.rank DESC, page.message_id DESC
"""  # noqa: S608 - every part is a constant of these two files

_FILL = """
UPDATE search_entries s SET words = search_words(s.owner, m.content)
FROM pending JOIN messages m ON m.id = pending.message_id
WHERE s.message_id = pending.message_id
"""

# Who searches waits for whoever is just indexing the same, for else what was said might not be found.
INDEX_OF_OWNER: Final = f"""
WITH pending AS MATERIALIZED (
  SELECT message_id FROM search_entries WHERE owner = $1 AND words IS NULL
  ORDER BY message_id LIMIT $2::int FOR UPDATE
),
filled AS ({_FILL} RETURNING s.message_id)
SELECT count(*)::int AS filled, (SELECT count(*)::int FROM pending) AS pending FROM filled
"""  # noqa: S608 - as above

INDEX_OF_ALL: Final = f"""
WITH pending AS MATERIALIZED (
  SELECT message_id FROM search_entries WHERE words IS NULL
  ORDER BY owner, message_id LIMIT $1::int FOR UPDATE SKIP LOCKED
),
filled AS ({_FILL} RETURNING s.message_id)
SELECT count(*)::int AS filled, (SELECT count(*)::int FROM pending) AS pending FROM filled
"""  # noqa: S608 - as above
