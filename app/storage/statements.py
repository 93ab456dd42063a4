"""The SQL that Prisma's query language has no words for. Each statement is one transaction and one round trip."""

from __future__ import annotations

# Invariant 1 (rows first): the posted message, its replies as STREAMING by a writer whose lease holds, the turn and
# the new tip are committed together, or nothing is. Two turns at once: the partial unique index one_running_turn.
# The writer's row is locked against the reaper, as every batch of the log does.
_WRITER = "writer AS MATERIALIZED (SELECT id FROM writers WHERE id = $3::uuid FOR KEY SHARE)"

_ROWS = """
turn AS (
  INSERT INTO turns (id, conversation_id, owner, state, message_id, idempotency_key, payload_digest)
  SELECT $4::uuid, place.conversation_id, $2, (CASE WHEN $6 = '{}' THEN 'ENDED' ELSE 'RUNNING' END)::"TurnState",
         $5::uuid, $7, decode($8, 'hex')
  FROM place
),
message AS (
  INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, content, metadata)
  SELECT $5::uuid, place.conversation_id, place.parent_id, $4::uuid, place.depth, $9::"Role", 'COMPLETE', $10,
         $11::jsonb
  FROM place
  RETURNING *
),
replies AS (
  INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, model, parameters, writer_id)
  SELECT reply.id, place.conversation_id, $5::uuid, $4::uuid, place.depth + 1, 'ASSISTANT', 'STREAMING', $12,
         $13::jsonb, $3::uuid
  FROM place, unnest($6::uuid[]) reply (id)
  RETURNING *
)"""

_ANSWER = """
SELECT EXISTS (SELECT FROM writer) AS alive, EXISTS (SELECT FROM found) AS found,
       EXISTS (SELECT FROM found WHERE tip_id IS NOT NULL) AS has_tip,
       (SELECT to_jsonb(thread) FROM thread) AS conversation,
       (SELECT to_jsonb(message) FROM message) AS message,
       (SELECT coalesce(jsonb_agg(to_jsonb(replies) ORDER BY id), '[]') FROM replies) AS replies
"""

BEGIN_TURN = f"""
WITH {_WRITER},
found AS MATERIALIZED (SELECT id, tip_id FROM conversations WHERE id = $1::uuid AND owner = $2 FOR UPDATE),
parent AS MATERIALIZED (
  SELECT m.id, m.depth FROM messages m JOIN found ON m.conversation_id = found.id
  WHERE m.id = coalesce($14::uuid, found.tip_id)
),
place AS MATERIALIZED (
  SELECT found.id AS conversation_id, parent.id AS parent_id, coalesce(parent.depth + 1, 0) AS depth
  FROM found CROSS JOIN writer LEFT JOIN parent ON true
  WHERE parent.id IS NOT NULL OR coalesce($14::uuid, found.tip_id) IS NULL
),
{_ROWS},
thread AS (
  UPDATE conversations c SET tip_id = coalesce(($6::uuid[])[1], $5::uuid), updated_at = now()
  FROM place WHERE c.id = place.conversation_id RETURNING c.*
)
{_ANSWER}"""

BEGIN_CONVERSATION = f"""
WITH {_WRITER},
found AS (SELECT $1::uuid AS id, NULL::uuid AS tip_id),
thread AS (
  INSERT INTO conversations (id, owner, tip_id) SELECT $1::uuid, $2, coalesce(($6::uuid[])[1], $5::uuid) FROM writer
  RETURNING *
),
place AS MATERIALIZED (
  SELECT thread.id AS conversation_id, NULL::uuid AS parent_id, 0 AS depth FROM thread WHERE $14::uuid IS NULL
),
{_ROWS}
{_ANSWER}"""

# A page of the branch that ends at $2: `depth` is a message's place in it, so the page's edges are known before the
# walk, which begins at the tip and ends at the page's first message.
BRANCH_PAGE = """
WITH RECURSIVE
tip AS (
  SELECT m.id, m.parent_id, m.depth FROM messages m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.id = $2::uuid AND c.owner = $1
),
open AS (
  SELECT coalesce((SELECT depth + 1 FROM messages WHERE id = $3::uuid), 0) AS low,
         least(coalesce((SELECT depth - 1 FROM messages WHERE id = $4::uuid), tip.depth), tip.depth) AS high
  FROM tip
),
page AS (
  SELECT CASE WHEN $6 THEN greatest(low, high - $5::int + 1) ELSE low END AS low,
         CASE WHEN $6 THEN high ELSE least(high, low + $5::int - 1) END AS high
  FROM open
),
branch AS (
  SELECT id, parent_id, depth FROM tip
  UNION ALL
  SELECT m.id, m.parent_id, m.depth FROM branch JOIN messages m ON m.id = branch.parent_id, page
  WHERE m.depth >= page.low
)
SELECT (SELECT depth FROM tip) AS tip_depth,
       (SELECT count(*)::int FROM messages m JOIN conversations c ON c.id = m.conversation_id
        WHERE c.owner = $1 AND m.id IN ($3::uuid, $4::uuid)) AS cursors,
       coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.depth), '[]') AS messages
FROM page JOIN branch ON branch.depth BETWEEN page.low AND page.high JOIN messages m ON m.id = branch.id
"""
