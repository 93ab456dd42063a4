"""The SQL that reads trees of messages."""

from __future__ import annotations

from typing import Final

from app.storage.rows import MESSAGE_COLUMNS


def message_json(of: str) -> str:
    """A message as `message_of_values` reads it: the names of its columns would be half of what is sent."""
    return f"json_build_array({', '.join(f'{of}.{column}' for column in MESSAGE_COLUMNS)})"


def _message(id: str, name: str = "m") -> str:
    """A join by the key alone: of how many rows JSON or a walk gives, the planner has no idea, and for the many that it
    expects it would rather read all messages that there are.
    """
    return f"CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.id = {id} OFFSET 0) {name}"  # noqa: S608


# Where a cursor that names a message points to. By its key alone, as the planner would rather look through all messages
# of the conversation, which is slower the longer that is.
_CURSOR = """
(SELECT depth FROM (SELECT * FROM messages m WHERE m.id = asked.{edge}_id OFFSET 0) m
 WHERE m.conversation_id = tip.conversation_id)"""


_COLUMNS = ", ".join(f"m.{column}" for column in MESSAGE_COLUMNS)

# `depth` is a message's place in its branch, so the edges of a page are known before anything is walked. A cursor says
# no more than such a place, so it stands also when another branch has been selected since.
_SPAN = f"""
site AS MATERIALIZED (
  SELECT asked.*, tip.depth, coalesce(asked.after_depth, {_CURSOR.format(edge="after")}) AS after,
         coalesce(asked.before_depth, {_CURSOR.format(edge="before")}) AS before
  FROM asked {_message("asked.tip", "tip")}
  CROSS JOIN LATERAL (SELECT FROM conversations c WHERE c.id = tip.conversation_id AND c.owner = $1 OFFSET 0) c
),
open AS (
  SELECT *, coalesce(after + 1, 0) AS lowest, least(coalesce(before - 1, depth), depth) AS highest FROM site
),
span AS MATERIALIZED (
  SELECT *, CASE WHEN backward THEN greatest(lowest, highest - size + 1) ELSE lowest END AS low,
         CASE WHEN backward THEN highest ELSE least(highest, lowest + size - 1) END AS high
  FROM open
)"""  # noqa: S608 - every part is a constant of storage

# All branches are walked at once: from their tips to where the pages end, and on to where they begin.
_WALK = f"""
lead AS (
  SELECT number, tip AS id, depth, low, high, backward FROM span WHERE low <= high
  UNION ALL
  SELECT lead.number, m.parent_id, lead.depth - 1, lead.low, lead.high, lead.backward
  FROM lead {_message("lead.id")} WHERE lead.depth > lead.high
),
branch AS (
  SELECT lead.number, lead.low, lead.backward, {_COLUMNS}
  FROM lead {_message("lead.id")} WHERE lead.depth = lead.high
  UNION ALL
  SELECT branch.number, branch.low, branch.backward, {_COLUMNS}
  FROM branch {_message("branch.parent_id")} WHERE branch.depth > branch.low
)"""  # noqa: S608 - as above


def branch_pages(max_page_bytes: str, max_bytes: str) -> str:
    """CTEs that give `branch_page`: of each branch in the CTE `asked` a page, of the conversations of owner $1 only.

    A page ends early where it has so many bytes of text, and where all have: they are filled evenly, the first message
    of each before the second one of any, those of the lower numbers first. One that got nothing thereby is `left_out`,
    which the very first is never. Texts become JSON in the last step, and are to be read from it once: until then they
    lie where they are stored, and after it they are as large as the whole answer. Hence also no FILTER there, with
    which PostgreSQL sorts the JSON rather than the rows it is made of.
    """
    return f"""{_SPAN},{_WALK},
sized AS (
  SELECT branch.*, text.bytes, row_number() OVER page AS place, sum(text.bytes) OVER page - text.bytes AS bytes_before
  FROM branch
  CROSS JOIN LATERAL (SELECT octet_length(content) + coalesce(octet_length(reasoning), 0) AS bytes) text
  WINDOW page AS (PARTITION BY number ORDER BY CASE WHEN backward THEN -depth ELSE depth END)
),
fitting AS (
  SELECT sized.*, sum(bytes) OVER (ORDER BY place, number) - bytes < {max_bytes} AS taken
  FROM sized WHERE bytes_before < {max_page_bytes}
),
branch_page AS (
  SELECT span.number, span.after_id IS NULL OR span.after IS NOT NULL AS after_known,
         span.before_id IS NULL OR span.before IS NOT NULL AS before_known,
         coalesce(max(m.depth) FILTER (WHERE m.taken), span.high) < span.depth AS has_next,
         coalesce(min(m.depth) FILTER (WHERE m.taken), span.low) > 0 AS has_previous,
         span.depth + 1 AS total, coalesce(NOT bool_or(m.taken), false) AS left_out,
         CASE WHEN bool_or(m.taken) THEN json_agg(CASE WHEN m.taken THEN {message_json("m")} END ORDER BY m.depth)
         ELSE '[]' END AS messages
  FROM span LEFT JOIN fitting m ON m.number = span.number AND (m.taken OR m.place = 1)
  GROUP BY span.number, span.after_id, span.after, span.before_id, span.before, span.low, span.high, span.depth
)"""  # noqa: S608 - as above


# Of each branch that $2 asks for, a page of at most $3 bytes, and of $4 in all.
BRANCH_PAGES: Final = f"""
WITH RECURSIVE
asked AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($2::jsonb) AS asked (
    number int, tip uuid, size int, backward bool,
    after_id uuid, after_depth bigint, before_id uuid, before_depth bigint
  )
),
{branch_pages("$3::int", "$4::int")}
SELECT * FROM branch_page
"""  # noqa: S608 - as above

# All messages with the parents of $2, or at the roots of their conversations, oldest first; only their number where
# they have more than $3 bytes of text. Each is there once, however many of its siblings are asked for. Two branches, as
# neither index serves `IS NOT DISTINCT FROM`.
SIBLINGS: Final = f"""
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT m.conversation_id, m.parent_id
  FROM messages m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.id = ANY ($2::uuid[]) AND c.owner = $1
),
sibling AS (
  SELECT s.*, sum(octet_length(s.content) + coalesce(octet_length(s.reasoning), 0)) OVER () AS bytes_of_all
  FROM wanted CROSS JOIN LATERAL (
    SELECT * FROM messages m WHERE m.parent_id = wanted.parent_id
    UNION ALL
    SELECT * FROM messages m
    WHERE wanted.parent_id IS NULL AND m.depth = 0 AND m.conversation_id = wanted.conversation_id
  ) s
)
SELECT count(*)::int AS found,
       coalesce(json_agg({message_json("s")} ORDER BY s.created_at, s.id) FILTER (WHERE bytes_of_all <= $3::int), '[]')
         AS messages
FROM sibling s
"""  # noqa: S608 - as above

MESSAGES: Final = f"""
SELECT {message_json("m")} AS message FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.id = ANY ($2::uuid[]) AND c.owner = $1
"""  # noqa: S608 - as above

# What a turn hangs on: one read, as posting costs a client all of its round trips.
MESSAGE_IN_CONVERSATION: Final = f"""
SELECT {message_json("m")} AS message, to_json(c) AS conversation
FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.id = $2::uuid AND c.owner = $1
"""  # noqa: S608 - as above

# Of the conversations in $2, oldest first.
IN_FLIGHT: Final = f"""
SELECT {message_json("m")} AS message FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.conversation_id = ANY ($2::uuid[]) AND c.owner = $1 AND m.status IN ('QUEUED', 'STREAMING')
ORDER BY m.created_at, m.id
"""  # noqa: S608 - as above
