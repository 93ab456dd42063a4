"""The SQL of branches: one that is selected, and one that comes from elsewhere."""

from __future__ import annotations

from app.storage.rows import conversation_row

# In the migrations: it locks the conversation and then looks at the tree, in one round trip. The lock is held for no
# longer than that takes, so that many who select in one conversation wait for each other only.
SELECT_BRANCH = f"SELECT {conversation_row('c')} AS conversation FROM select_branch($1, $2::uuid, $3) c"  # noqa: S608

# The messages, from $8, are a chain whose last one is $7.
IMPORT_CONVERSATION = f"""
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
SELECT {conversation_row("thread")} AS conversation FROM thread
"""  # noqa: S608 - every part is a constant of storage
