"""The SQL that reads trees of messages."""

from __future__ import annotations

# Of each branch that $2 asks for, a page. `depth` is a message's place in its branch, so the page's edges are known
# before the walk, which begins at the tip and ends at the page's first message. A cursor says no more than such a
# place, so it stands also when another branch has been selected since. A page ends early where it has $3 bytes of text:
# JSON in PostgreSQL holds no more than 256 MB.
BRANCH_PAGES = """
SELECT asked.number, answer.* FROM jsonb_to_recordset($2::jsonb) AS asked (
  number int, tip uuid, size int, backward bool, after_id uuid, after_depth bigint, before_id uuid, before_depth bigint
)
CROSS JOIN LATERAL (
  WITH RECURSIVE
  tip AS (
    SELECT m.id, m.parent_id, m.conversation_id, m.depth
    FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.id = asked.tip AND c.owner = $1
  ),
  edges AS (
    SELECT coalesce(asked.after_depth, first.depth) AS after, coalesce(asked.before_depth, last.depth) AS before
    FROM tip
    LEFT JOIN messages first ON first.id = asked.after_id AND first.conversation_id = tip.conversation_id
    LEFT JOIN messages last ON last.id = asked.before_id AND last.conversation_id = tip.conversation_id
  ),
  open AS (
    SELECT coalesce(after + 1, 0) AS low, least(coalesce(before - 1, tip.depth), tip.depth) AS high FROM tip, edges
  ),
  page AS MATERIALIZED (
    SELECT CASE WHEN asked.backward THEN greatest(low, high - asked.size + 1) ELSE low END AS low,
           CASE WHEN asked.backward THEN high ELSE least(high, low + asked.size - 1) END AS high
    FROM open
  ),
  branch AS (
    SELECT id, parent_id, depth FROM tip
    UNION ALL
    SELECT m.id, m.parent_id, m.depth FROM branch JOIN messages m ON m.id = branch.parent_id, page
    WHERE m.depth >= page.low
  ),
  sized AS (
    SELECT m.id, m.depth, text.bytes,
           sum(text.bytes) OVER (ORDER BY CASE WHEN asked.backward THEN -m.depth ELSE m.depth END) AS bytes_so_far
    FROM page JOIN branch ON branch.depth BETWEEN page.low AND page.high JOIN messages m ON m.id = branch.id
    CROSS JOIN LATERAL (SELECT octet_length(m.content) + coalesce(octet_length(m.reasoning), 0) AS bytes) text
  ),
  taken AS MATERIALIZED (SELECT id, depth FROM sized WHERE bytes_so_far - bytes < $3::int)
  SELECT (SELECT asked.after_id IS NULL OR after IS NOT NULL FROM edges) AS after_known,
         (SELECT asked.before_id IS NULL OR before IS NOT NULL FROM edges) AS before_known,
         (SELECT coalesce(max(taken.depth), page.high) < tip.depth FROM page, tip) AS has_next,
         (SELECT coalesce(min(taken.depth), page.low) > 0 FROM page) AS has_previous,
         (SELECT depth + 1 FROM tip) AS total,
         coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.depth), '[]') AS messages
  FROM taken JOIN messages m ON m.id = taken.id
) answer
"""

# All messages with the parents of $2, or at the roots of their conversations, oldest first. Each is there once, however
# many of its siblings are asked for. Two branches, because neither index serves `IS NOT DISTINCT FROM`.
SIBLINGS = """
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT m.conversation_id, m.parent_id
  FROM messages m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.id = ANY ($2::uuid[]) AND c.owner = $1
)
SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.created_at, s.id), '[]') AS messages
FROM wanted CROSS JOIN LATERAL (
  SELECT * FROM messages m WHERE m.parent_id = wanted.parent_id
  UNION ALL
  SELECT * FROM messages m
  WHERE wanted.parent_id IS NULL AND m.parent_id IS NULL AND m.conversation_id = wanted.conversation_id
) s
"""
