"""The SQL that reads conversations: by their ids, and pages of them with what is shown of each."""

from __future__ import annotations

from functools import cache
from typing import Final

from app.chat.message_parts import MessageParts
from app.storage.message_tree_statements import branch_pages
from app.storage.rows import conversation_row, message_columns, message_row, no_message

# By the ids, then by the owner: the planner would rather look through all that the owner has.
CONVERSATIONS: Final = f"""
SELECT {conversation_row("c")} AS conversation
FROM (SELECT * FROM conversations c WHERE c.id = ANY ($2::uuid[]) OFFSET 0) c WHERE c.owner = $1
"""  # noqa: S608 - every part is a constant of storage
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
)"""  # noqa: S608 - as above


@cache
def overview(*, backward: bool, parts: MessageParts) -> str:
    """The page, in rows of its own, and those of the pages of its branches, as in `pages_of_branches`.

    Of each conversation those that $8 describes, of at most $9 bytes each and of $10 in all. A branch's number counts
    them through the page, conversation by conversation. Beside each conversation the first reply in flight if $11 says
    so, and how many conversations there are on all pages if $12 does.
    """
    return f"""
WITH RECURSIVE {_page("ASC" if backward else "DESC")},
site AS MATERIALIZED (
  SELECT (page.number - 1) * jsonb_array_length($8::jsonb) + wanted."window" AS number, page.tip_id AS tip,
         wanted.size, wanted.backward, wanted.after, wanted.before, tip.conversation_id, tip.depth
  FROM page
  CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.id = page.tip_id OFFSET 0) tip
  CROSS JOIN jsonb_to_recordset($8::jsonb) AS wanted (
    "window" int, size int, backward bool, after bigint, before bigint
  )
  WHERE page.number <= $7::int AND tip.conversation_id = page.id
),
{branch_pages("$9::int", "$10::int")}
SELECT {message_columns("said", parts)},
       number, NULL::record AS span, NULL::record AS conversation, NULL::record AS active, NULL::int AS total
FROM said
UNION ALL
SELECT {no_message(parts)}, number, ROW(depth, low, high), NULL, NULL, NULL FROM span
UNION ALL
SELECT {no_message(parts)}, number, NULL, {conversation_row("page")},
       CASE WHEN $11::bool THEN (
         SELECT {message_row("m", parts | MessageParts.PLACE)} FROM messages m
         WHERE m.conversation_id = page.id AND m.status IN ('QUEUED', 'STREAMING') ORDER BY m.created_at, m.id LIMIT 1
       ) END,
       CASE WHEN $12::bool THEN ({COUNT}) END
FROM page
"""  # noqa: S608 - as above


def _page_alone(direction: str) -> str:
    return f"WITH {_page(direction)} SELECT {conversation_row('page')} AS conversation FROM page ORDER BY page.number"  # noqa: S608


NEWEST_FIRST: Final = _page_alone("DESC")
OLDEST_FIRST: Final = _page_alone("ASC")
