"""The SQL that reads trees of messages."""

from __future__ import annotations

from functools import cache
from typing import Final

from app.chat.message_parts import MessageParts
from app.storage.rows import conversation_row, message_columns, message_row, no_message


def _message(id: str, name: str = "m") -> str:
    """A join by the key alone: of how many rows JSON or a walk gives, the planner has no idea, and for the many that it
    expects it would rather read all messages that there are.
    """
    return f"CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.id = {id} OFFSET 0) {name}"  # noqa: S608


def _conversation(id: str) -> str:
    """Likewise: to tell whose a conversation is, the planner would rather look through all that the owner has."""
    return f"CROSS JOIN LATERAL (SELECT * FROM conversations c WHERE c.id = {id} OFFSET 0) c"  # noqa: S608


def _bytes(of: str) -> str:
    """Of its text. PostgreSQL knows them without reading a text that is stored apart."""
    return f"octet_length({of}.content) + coalesce(octet_length({of}.reasoning), 0)"


# Where a cursor that names a message points to. By its key alone, as the planner would rather look through all messages
# of the conversation, which is slower the longer that is.
_CURSOR = """
(SELECT depth FROM (SELECT * FROM messages m WHERE m.id = asked.{edge}_id OFFSET 0) m
 WHERE m.conversation_id = tip.conversation_id)"""

# `depth` is a message's place in its branch, so the edges of a page are known before anything is read. A cursor says
# no more than such a place, so it stands also when another branch has been selected since.
_SPAN = """
open AS (
  SELECT *, coalesce(after + 1, 0) AS lowest, least(coalesce(before - 1, depth), depth) AS highest FROM site
),
span AS MATERIALIZED (
  SELECT *, CASE WHEN backward THEN greatest(lowest, highest - size + 1) ELSE lowest END AS low,
         CASE WHEN backward THEN highest ELSE least(highest, lowest + size - 1) END AS high
  FROM open
)"""

# Every branch through a conversation has one message at each depth. Where the conversation has no more of them there,
# the page is all that lies between its edges, one stretch of an index; and its bytes are known before it is read.
_BETWEEN = "m.conversation_id = span.conversation_id AND m.depth BETWEEN span.low AND span.high"
_STRAIGHT = f"""
page_span AS MATERIALIZED (
  SELECT span.number, span.tip, span.conversation_id, span.depth, span.low, span.high, span.backward,
         found.messages = span.high - span.low + 1 AS straight, found.bytes
  FROM span CROSS JOIN LATERAL (
    SELECT count(*) AS messages, sum(m.bytes) AS bytes
    FROM (SELECT {_bytes("m")} AS bytes FROM messages m WHERE {_BETWEEN} LIMIT span.size + 1) m
  ) found
  WHERE span.low <= span.high
),
straight AS NOT MATERIALIZED (
  SELECT span.number, span.low, span.high, span.backward, m.*
  FROM page_span span CROSS JOIN LATERAL (SELECT * FROM messages m WHERE {_BETWEEN} ORDER BY m.depth OFFSET 0) m
  WHERE span.straight
)"""  # noqa: S608 - every part is a constant of storage

# The others are walked, all at once: from their tips to where the pages end, and on to where they begin.
_WALK = f"""
lead AS (
  SELECT number, tip AS id, depth, low, high, backward FROM page_span WHERE NOT straight
  UNION ALL
  SELECT lead.number, m.parent_id, lead.depth - 1, lead.low, lead.high, lead.backward
  FROM lead {_message("lead.id")} WHERE lead.depth > lead.high
),
walked AS (
  SELECT lead.number, lead.low, lead.high, lead.backward, m.*
  FROM lead {_message("lead.id")} WHERE lead.depth = lead.high
  UNION ALL
  SELECT walked.number, walked.low, walked.high, walked.backward, m.*
  FROM walked {_message("walked.parent_id")} WHERE walked.depth > walked.low
),
branch AS NOT MATERIALIZED (SELECT * FROM straight UNION ALL SELECT * FROM walked)"""  # noqa: S608 - as above


def branch_pages(max_page_bytes: str, max_bytes: str) -> str:
    """CTEs that give `span`, which part of each branch in the CTE `site` is its page, and `said`, the pages' messages.

    A page ends early where it has so many bytes of text, and where all have: they are filled evenly, the first message
    of each before the second one of any, those of the lower numbers first. So some may get none, but never the first.
    As a rule all of them fit by far; then nobody looks which do.
    """
    return f"""{_SPAN},{_STRAIGHT},{_WALK},
budget AS MATERIALIZED (
  SELECT coalesce(sum(bytes), 0) < least({max_page_bytes}, {max_bytes}) AS kept
  FROM (SELECT bytes FROM page_span WHERE straight UNION ALL SELECT {_bytes("walked")} FROM walked) text
),
sized AS (
  SELECT *, sum(bytes) OVER (PARTITION BY number ORDER BY place) - bytes AS bytes_before
  FROM (
    SELECT number, depth, CASE WHEN backward THEN high - depth ELSE depth - low END AS place,
           {_bytes("branch")} AS bytes
    FROM branch
  ) branch
),
fitting AS (
  SELECT *, sum(bytes) OVER (ORDER BY place, number) - bytes < {max_bytes} AS taken
  FROM sized WHERE bytes_before < {max_page_bytes}
),
said AS NOT MATERIALIZED (
  SELECT * FROM branch
  WHERE (SELECT kept FROM budget) OR (number, depth) IN (SELECT number, depth FROM fitting WHERE taken)
)"""  # noqa: S608 - as above


@cache
def pages_of_branches(parts: MessageParts) -> str:
    """Of each branch that $2 asks for, a page of at most $3 bytes, and of $4 in all: a row for each message, and one
    for each page that says where in its branch it is, and whether its cursors are known.
    """
    return f"""
WITH RECURSIVE
asked AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($2::jsonb) AS asked (
    number int, tip uuid, size int, backward bool,
    after_id uuid, after_depth bigint, before_id uuid, before_depth bigint
  )
),
site AS MATERIALIZED (
  SELECT asked.*, tip.conversation_id, tip.depth,
         coalesce(asked.after_depth, {_CURSOR.format(edge="after")}) AS after,
         coalesce(asked.before_depth, {_CURSOR.format(edge="before")}) AS before
  FROM asked {_message("asked.tip", "tip")}
  {_conversation("tip.conversation_id")}
  WHERE c.owner = $1
),
{branch_pages("$3::int", "$4::int")}
SELECT {message_columns("said", parts)}, number, NULL::record AS span FROM said
UNION ALL
SELECT {no_message(parts)}, number,
       ROW(depth, low, high, after_id IS NULL OR after IS NOT NULL, before_id IS NULL OR before IS NOT NULL)
FROM span
"""  # noqa: S608 - as above


@cache
def siblings(parts: MessageParts) -> str:
    """All messages with the parents of $2, or at the roots of their conversations, oldest first; NULLs where they have
    more than $3 bytes of text. Each is there once, however many of its siblings are asked for.
    """
    # Two branches, as neither index serves `IS NOT DISTINCT FROM`.
    return f"""
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT m.conversation_id, m.parent_id
  FROM messages m {_conversation("m.conversation_id")}
  WHERE m.id = ANY ($2::uuid[]) AND c.owner = $1
),
sibling AS (
  SELECT s.*, sum({_bytes("s")}) OVER () AS bytes_of_all
  FROM wanted CROSS JOIN LATERAL (
    SELECT * FROM messages m WHERE m.parent_id = wanted.parent_id
    UNION ALL
    SELECT * FROM messages m
    WHERE wanted.parent_id IS NULL AND m.depth = 0 AND m.conversation_id = wanted.conversation_id
  ) s
)
SELECT CASE WHEN s.bytes_of_all <= $3::int THEN {message_row("s", parts)} END AS message FROM sibling s
ORDER BY s.created_at, s.id
"""  # noqa: S608 - as above


@cache
def messages(parts: MessageParts) -> str:
    """Those of the ids $2."""
    return f"""
SELECT {message_columns("m", parts)} FROM messages m {_conversation("m.conversation_id")}
WHERE m.id = ANY ($2::uuid[]) AND c.owner = $1
"""  # noqa: S608 - as above


@cache
def in_flight(parts: MessageParts) -> str:
    """Of the conversations $2, oldest first."""
    return f"""
SELECT {message_row("m", parts)} AS message FROM messages m {_conversation("m.conversation_id")}
WHERE m.conversation_id = ANY ($2::uuid[]) AND c.owner = $1 AND m.status IN ('QUEUED', 'STREAMING')
ORDER BY m.created_at, m.id
"""  # noqa: S608 - as above


IN_FLIGHT: Final = in_flight(MessageParts.WHOLE)

# What a turn hangs on: one read, as posting costs a client all of its round trips.
MESSAGE_IN_CONVERSATION: Final = f"""
SELECT {message_row("m")} AS message, {conversation_row("c")} AS conversation
FROM messages m {_conversation("m.conversation_id")}
WHERE m.id = $2::uuid AND c.owner = $1
"""  # noqa: S608 - as above
