"""The SQL that reads conversations: by their ids, and pages of them with what is shown of each."""

from __future__ import annotations

from typing import Final

from app.storage.message_tree_statements import branch_pages, message_json

# By the ids, then by the owner: the planner would rather look through all that the owner has.
CONVERSATIONS: Final = """
SELECT to_json(c) AS conversation
FROM (SELECT * FROM conversations c WHERE c.id = ANY ($2::uuid[]) OFFSET 0) c WHERE c.owner = $1
"""
COUNT: Final = "SELECT count(*)::int AS count FROM conversations c WHERE c.owner = $1 AND c.archived = ANY ($2::bool[])"


def _page(direction: str) -> str:
    """CTEs with a page of owner $1's conversations, the archived ones or the others or both ($2), and one more.

    Between the cursors $3, $4 and $5, $6: newest first, what comes after a cursor is older than it. Each kind is in the
    index in this order, so a page costs the same wherever it is.
    """
    return f"""
page AS MATERIALIZED (
  SELECT c.*, row_number() OVER (ORDER BY c.updated_at {direction}, c.id {direction}) AS number
  FROM unnest($2::bool[]) kind (archived) CROSS JOIN LATERAL (
    SELECT * FROM conversations c
    WHERE c.owner = $1 AND c.archived = kind.archived
      AND (c.updated_at, c.id) < (coalesce($3::timestamptz, 'infinity'),
                                  coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (c.updated_at, c.id) > (coalesce($5::timestamptz, '-infinity'),
                                  coalesce($6::uuid, '00000000-0000-0000-0000-000000000000'))
    ORDER BY c.updated_at {direction}, c.id {direction} LIMIT $7::int + 1
  ) c
  ORDER BY c.updated_at {direction}, c.id {direction} LIMIT $7::int + 1
)"""  # noqa: S608 - every part is a constant of these two files


def _overview(direction: str) -> str:
    """The page with, beside each conversation, the pages of its branch that $8 describes, of at most $9 bytes each; the
    first reply in flight if $10 says so; and how many conversations there are on all pages if $11 does.
    """
    return f"""
WITH RECURSIVE {_page(direction)},
asked AS MATERIALIZED (
  SELECT row_number() OVER () AS number, page.id AS conversation_id, page.tip_id AS tip, wanted.*,
         NULL::uuid AS after_id, NULL::uuid AS before_id
  FROM page CROSS JOIN jsonb_to_recordset($8::jsonb) AS wanted (
    "window" int, size int, backward bool, after_depth bigint, before_depth bigint
  )
  WHERE page.number <= $7::int AND page.tip_id IS NOT NULL
),
{branch_pages("$9::int")}
SELECT to_json(page) AS conversation,
       (SELECT json_agg(json_build_object('window', asked."window", 'has_next', b.has_next,
                                          'has_previous', b.has_previous, 'total', b.total, 'messages', b.messages))
        FROM asked JOIN branch_page b ON b.number = asked.number
        WHERE asked.conversation_id = page.id) AS branches,
       CASE WHEN $10::bool THEN (
         SELECT {message_json("m")} FROM messages m
         WHERE m.conversation_id = page.id AND m.status IN ('QUEUED', 'STREAMING') ORDER BY m.created_at, m.id LIMIT 1
       ) END AS active,
       CASE WHEN $11::bool THEN ({COUNT}) END AS total
FROM page ORDER BY page.number
"""  # noqa: S608 - as above


def _page_alone(direction: str) -> str:
    return f"WITH {_page(direction)} SELECT to_json(page) AS conversation FROM page ORDER BY page.number"  # noqa: S608


NEWEST_FIRST: Final = _page_alone("DESC")
OLDEST_FIRST: Final = _page_alone("ASC")
NEWEST_FIRST_OVERVIEW: Final = _overview("DESC")
OLDEST_FIRST_OVERVIEW: Final = _overview("ASC")
