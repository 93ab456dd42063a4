"""The SQL of search."""

from __future__ import annotations

from typing import Final

from app.chat.search import MAX_RANKED
from app.storage.rows import message_row
from app.storage.search_excerpt import EXCERPT
from app.storage.search_terms import PREFIX_MARK


def _tsquery(terms: str) -> str:
    return (
        f"regexp_replace(websearch_to_tsquery('simple', {terms})::text,"
        f" '([^'' ]){PREFIX_MARK}''', '\\1'':*', 'g')::tsquery"
    )


# A rank is told by its shortest text, which gives the same float again, so that a cursor is where its hit is.
# What an owner's hits are worth is worked out for each page: the best may be anywhere. Ids are in the order of time.
# Flag 1 of ts_rank_cd: long messages match more often, not better.
# A page ends early where it has $6 bytes of text; a row of which no more than its place is told says that more follows.
SEARCH: Final = f"""
WITH query AS MATERIALIZED (SELECT {_tsquery("$2")} AS words, {_tsquery("$7")} AS shown),
newest AS MATERIALIZED (
  SELECT s.message_id
  FROM query JOIN search_entries s
    ON s.words @@ (query.words && ('''' || E'\\u0001' || md5($1) || '''')::tsquery) AND s.words IS NOT NULL
  WHERE s.owner = $1 AND numnode(query.words) > 0
  ORDER BY s.message_id DESC LIMIT {MAX_RANKED}
),
found AS MATERIALIZED (
  SELECT s.message_id, ts_rank_cd(s.words, query.words, 1) AS rank
  FROM query CROSS JOIN newest JOIN search_entries s ON s.message_id = newest.message_id
),
page AS MATERIALIZED (
  SELECT f.message_id, f.rank FROM found f
  WHERE $4::uuid IS NULL OR (f.rank, f.message_id) < ($3::text::real, $4::uuid)
  ORDER BY f.rank DESC, f.message_id DESC LIMIT $5::int + 1
),
sized AS MATERIALIZED (
  SELECT page.*, row_number() OVER best_first AS number, sum(text.bytes) OVER best_first - text.bytes AS bytes_before
  FROM page JOIN messages m ON m.id = page.message_id
  CROSS JOIN LATERAL (SELECT octet_length(m.content) + coalesce(octet_length(m.reasoning), 0) AS bytes) text
  WINDOW best_first AS (ORDER BY page.rank DESC, page.message_id DESC)
)
SELECT CASE WHEN m.id IS NOT NULL THEN {message_row("m")} END AS message, sized.rank::text AS rank,
       CASE WHEN m.id IS NOT NULL THEN {EXCERPT} END AS excerpt
FROM query CROSS JOIN sized LEFT JOIN messages m
  ON m.id = sized.message_id AND sized.number <= $5::int AND sized.bytes_before < $6::int
ORDER BY sized.number
"""  # noqa: S608 - every part is a constant of these files


def _index(owned: str, batch: str, batch_bytes: str) -> str:
    """What another one has in hand is passed over: to wait for it would hold a connection.

    And who waits for nothing is in no deadlock, with whoever just deletes the messages, say.
    """
    return f"""
WITH locked AS MATERIALIZED (
  SELECT message_id FROM search_entries WHERE {owned} words IS NULL
  ORDER BY owner, message_id LIMIT {batch}::int FOR UPDATE SKIP LOCKED
),
sized AS (
  SELECT locked.message_id, text.bytes, sum(text.bytes) OVER (ORDER BY locked.message_id) AS bytes_so_far
  FROM locked JOIN messages m ON m.id = locked.message_id
  CROSS JOIN LATERAL (SELECT octet_length(m.content) AS bytes) text
),
pending AS MATERIALIZED (SELECT message_id FROM sized WHERE bytes_so_far - bytes < {batch_bytes}::int),
filled AS (
  UPDATE search_entries s SET words = search_words(s.owner, m.content)
  FROM pending JOIN messages m ON m.id = pending.message_id
  WHERE s.message_id = pending.message_id
  RETURNING s.message_id
)
SELECT (SELECT count(*)::int FROM filled) AS filled,
       EXISTS (
         SELECT FROM search_entries
         WHERE {owned} words IS NULL AND message_id NOT IN (SELECT message_id FROM pending)
       ) AS more
"""  # noqa: S608 - as above


INDEX_OF_OWNER: Final = _index("owner = $1 AND", "$2", "$3")
INDEX_OF_ALL: Final = _index("", "$1", "$2")
