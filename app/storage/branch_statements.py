"""The SQL of branches: one that is selected, and one that comes from elsewhere."""

from __future__ import annotations

# A statement of its own, so that the next one's snapshot has what was posted or deleted before this one had the lock:
# the tip must never be a message that is gone.
LOCK_CONVERSATION_OF = """
SELECT c.id FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE c.owner = $1 AND m.id = $2::uuid FOR UPDATE OF c
"""

# The newest child at each level; of siblings from one statement, which have one time, the one whose id is last.
SELECT_BRANCH = """
WITH RECURSIVE branch AS (
  SELECT m.id, m.conversation_id, m.depth FROM messages m JOIN conversations c ON c.id = m.conversation_id
  WHERE c.owner = $1 AND m.id = $2::uuid
  UNION ALL
  SELECT newest.id, newest.conversation_id, newest.depth FROM branch CROSS JOIN LATERAL (
    SELECT * FROM messages m WHERE m.parent_id = branch.id ORDER BY m.created_at DESC, m.id DESC LIMIT 1
  ) newest
)
UPDATE conversations c SET tip_id = leaf.id
FROM (SELECT * FROM branch ORDER BY depth DESC LIMIT 1) leaf
WHERE c.id = leaf.conversation_id
RETURNING to_jsonb(c) AS conversation
"""

# The messages, from $8, are a chain whose last one is $7.
IMPORT_CONVERSATION = """
WITH thread AS (
  INSERT INTO conversations (id, owner, title, system_prompt, model, metadata, tip_id)
  VALUES ($1::uuid, $2, $3, $4, $5, $6::jsonb, $7::uuid)
  RETURNING *
),
imported AS (
  INSERT INTO messages (id, conversation_id, parent_id, depth, role, status, content)
  SELECT m.id, thread.id, lag(m.id) OVER (ORDER BY m.number), m.number - 1, m.role, 'COMPLETE', m.content
  FROM thread,
       ROWS FROM (jsonb_to_recordset($8::jsonb) AS (id uuid, role "Role", content text))
       WITH ORDINALITY m (id, role, content, number)
)
SELECT to_jsonb(thread) AS conversation FROM thread
"""
