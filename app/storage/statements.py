"""The SQL that Prisma's query language has no words for. Each statement is one transaction and one round trip."""

from __future__ import annotations

from app.storage.rows import conversation_row, message_row

# What an operator sees of it: PostgreSQL tells the first kilobyte of what is running.
_NAME = "-- begin a turn"

# Invariant 1 (rows first): the posted message, its replies as STREAMING by a writer whose lease holds, the turn and
# the new tip are committed together, or nothing is. Two turns at once: the partial unique index one_running_turn.
# The writer's row is locked against the reaper, as every batch of the log does.
_WRITER = "writer AS MATERIALIZED (SELECT id FROM writers WHERE id = $3::uuid FOR KEY SHARE)"


_TURN = """
turn AS (
  INSERT INTO turns (id, conversation_id, owner, state, message_id, idempotency_key, payload_digest, metadata)
  SELECT $4::uuid, place.conversation_id, $2,
         (CASE WHEN $6::uuid[] = '{}' THEN 'ENDED' WHEN place.busy THEN 'QUEUED' ELSE 'RUNNING' END)::"TurnState",
         $5::uuid, $7, decode($8, 'hex'), $12::jsonb
  FROM place
)"""


def _replies(depth: str) -> str:
    """With their parameters from $10, in order."""
    return f"""
replies AS (
  INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, model, parameters, writer_id)
  SELECT reply.id, place.conversation_id, $5::uuid, $4::uuid, {depth}, 'ASSISTANT',
         (CASE WHEN place.busy THEN 'QUEUED' ELSE 'STREAMING' END)::"MessageStatus", $9,
         $10::jsonb -> (reply.number - 1)::int, CASE WHEN NOT place.busy THEN $3::uuid END
  FROM place, unnest($6::uuid[]) WITH ORDINALITY reply (id, number)
  RETURNING *
)"""


def _rows(parent: str = "place.parent_id", depth: str = "place.depth") -> str:
    """The turn, the posted message in its place, and the replies below it."""
    return f"""{_TURN},
message AS (
  INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, content, metadata)
  SELECT $5::uuid, place.conversation_id, {parent}, $4::uuid, {depth}, $13::text::"Role", 'COMPLETE', $14, $15::jsonb
  FROM place
  RETURNING *
),
{_replies(f"{depth} + 1")}"""


_ROWS = _rows()

# The same with other messages before the posted one, from $18 as a chain that begins in the place and ends with $19.
_ROWS_WITH_BEFORE = f"""
before AS (
  INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, content)
  SELECT b.id, place.conversation_id, coalesce(lag(b.id) OVER (ORDER BY b.number), place.parent_id), $4::uuid,
         place.depth + b.number - 1, b.role, 'COMPLETE', b.content
  FROM place,
       ROWS FROM (jsonb_to_recordset($18::jsonb) AS (id uuid, role "Role", content text))
       WITH ORDINALITY b (id, role, content, number)
),
{_rows("$19::uuid", "place.depth + $20::int")}"""

# No message is posted: the turn's replies stand beside those that its message has already.
_ROWS_ANEW = f"""{_TURN},
message AS (SELECT m.* FROM messages m JOIN place ON place.parent_id = m.id),
{_replies("place.depth")}"""

MAX_SAID_MESSAGES = 200
MAX_SAID_BYTES = 256 * 1024
"""Of what is told with a turn: whoever posts waits for it."""

# What was said up to the place, for the prompt, so that nobody has to ask for it; up to a message in flight, whose text
# is elsewhere, or too far from the root, nothing.
_SAID = f"""
said AS (
  SELECT m.parent_id, m.depth, m.role, m.content, octet_length(m.content) AS bytes
  FROM place JOIN messages m ON m.id = place.parent_id
  WHERE $6 <> '{{}}' AND NOT place.busy AND m.depth < {MAX_SAID_MESSAGES} AND m.status NOT IN ('QUEUED', 'STREAMING')
  UNION ALL
  SELECT m.parent_id, m.depth, m.role, m.content, said.bytes + octet_length(m.content)
  FROM said JOIN messages m ON m.id = said.parent_id
  WHERE said.bytes <= {MAX_SAID_BYTES} AND m.status NOT IN ('QUEUED', 'STREAMING')
)"""

_TOLD = """,
       (SELECT CASE WHEN min(depth) = 0 THEN array_agg(ROW(role::text, content) ORDER BY depth) END FROM said)
       AS said"""

_ANSWER = f"""
SELECT EXISTS (SELECT FROM writer) AS alive, EXISTS (SELECT FROM found) AS found,
       EXISTS (SELECT FROM found WHERE tip_id IS NOT NULL) AS has_tip,
       EXISTS (SELECT FROM site) AND NOT EXISTS (SELECT FROM place) AS refused,
       (SELECT {conversation_row("thread")} FROM thread) AS conversation,
       (SELECT {message_row("message")} FROM message) AS message,
       (SELECT array_agg({message_row("replies")} ORDER BY id) FROM replies) AS replies
"""

# A title is made with the first message that a user has in the conversation, and never after it: so it stays cleared
# when somebody clears it. What the row says once it is locked counts before what is made here.
_TITLE = """, title = coalesce(c.title, CASE WHEN $17::text IS NOT NULL AND NOT EXISTS (
    SELECT FROM messages m WHERE m.conversation_id = c.id AND m.role = 'USER'
  ) THEN $17 END)"""


def _begin_turn(below: str, rows: str, title: str = _TITLE) -> str:
    """Args:
    below: the id of the message that the turn follows.
    """
    return f"""
{_NAME}
WITH RECURSIVE {_WRITER},
found AS MATERIALIZED (SELECT id, tip_id FROM conversations WHERE id = $1::uuid AND owner = $2 FOR UPDATE),
parent AS MATERIALIZED (
  SELECT m.id, m.depth FROM messages m JOIN found ON m.conversation_id = found.id
  WHERE m.id = {below}
),
ahead AS MATERIALIZED (
  SELECT count(*)::int AS turns FROM turns t JOIN found ON t.conversation_id = found.id WHERE t.state <> 'ENDED'
),
site AS MATERIALIZED (
  SELECT found.id AS conversation_id, parent.id AS parent_id, coalesce(parent.depth + 1, 0) AS depth,
         $6::uuid[] <> '{{}}' AND ahead.turns > 0 AS busy, ahead.turns < $11::int AS welcome
  FROM found CROSS JOIN writer CROSS JOIN ahead LEFT JOIN parent ON true
  WHERE parent.id IS NOT NULL OR {below} IS NULL
),
place AS MATERIALIZED (SELECT * FROM site WHERE welcome OR NOT busy),
{rows},
thread AS (
  UPDATE conversations c SET tip_id = coalesce(($6::uuid[])[1], $5::uuid), updated_at = now(){title}
  FROM place WHERE c.id = place.conversation_id RETURNING c.*
),
{_SAID}
{_ANSWER}{_TOLD}"""


def _below(root: str) -> str:
    return f"CASE WHEN NOT {root}::bool THEN coalesce($16::uuid, found.tip_id) END"


BEGIN_TURN = _begin_turn(_below("$18"), _ROWS)
BEGIN_TURN_WITH_BEFORE = _begin_turn(_below("$21"), _ROWS_WITH_BEFORE)
BEGIN_TURN_ANEW = _begin_turn("$5::uuid", _ROWS_ANEW, title="")


def _begin_conversation(rows: str) -> str:
    """Whose answer is when: all else is as it was asked for. No row where the writer has lost its lease."""
    return f"""
{_NAME}
WITH {_WRITER},
thread AS (
  INSERT INTO conversations (id, owner, tip_id, title)
  SELECT $1::uuid, $2, coalesce(($6::uuid[])[1], $5::uuid), $17 FROM writer
  RETURNING id, created_at
),
place AS MATERIALIZED (
  SELECT thread.id AS conversation_id, NULL::uuid AS parent_id, 0 AS depth, false AS busy
  FROM thread WHERE $16::uuid IS NULL AND $11::int IS NOT NULL
),
{rows}
SELECT created_at::text FROM thread"""


BEGIN_CONVERSATION = _begin_conversation(_ROWS)
BEGIN_CONVERSATION_WITH_BEFORE = _begin_conversation(_ROWS_WITH_BEFORE)


def _begun(condition: str) -> str:
    """A turn as it is now: what a repeated post is answered with."""
    return f"""
SELECT {conversation_row("c")} AS conversation, {message_row("m")} AS message,
       encode(t.payload_digest, 'hex') AS payload_digest,
       (SELECT array_agg({message_row("r")} ORDER BY r.id) FROM messages r
        WHERE r.parent_id = t.message_id AND r.turn_id = t.id) AS replies
FROM turns t JOIN conversations c ON c.id = t.conversation_id JOIN messages m ON m.id = t.message_id
WHERE t.owner = $1 AND {condition}
"""


BEGUN_BY_ID = _begun("t.id = $2::uuid")
BEGUN_BY_KEY = _begun("t.idempotency_key = $2")

# The turn that is next in each conversation where none runs becomes this writer's. Of two processes that want the same
# one, the first has the lock and the other passes over it; one_running_turn refuses whatever else could go wrong.
CLAIM_TURNS = f"""
WITH writer AS MATERIALIZED (SELECT id FROM writers WHERE id = $1::uuid FOR KEY SHARE),
next AS MATERIALIZED (
  SELECT t.id FROM turns t CROSS JOIN writer
  WHERE t.state = 'QUEUED' AND NOT EXISTS (
    SELECT FROM turns ahead WHERE ahead.conversation_id = t.conversation_id
    AND (ahead.state = 'RUNNING' OR ahead.state = 'QUEUED' AND ahead.position < t.position)
  )
  ORDER BY t.position LIMIT $2::int FOR UPDATE OF t SKIP LOCKED
),
claimed AS (
  UPDATE turns t SET state = CASE
    WHEN EXISTS (SELECT FROM messages m WHERE m.turn_id = t.id AND m.status = 'QUEUED') THEN 'RUNNING' ELSE 'ENDED'
  END::"TurnState"
  FROM next WHERE t.id = next.id RETURNING t.*
),
replies AS (
  UPDATE messages m SET status = 'STREAMING', writer_id = $1::uuid FROM claimed
  WHERE m.turn_id = claimed.id AND m.status = 'QUEUED' RETURNING m.*
)
SELECT {conversation_row("c")} AS conversation, {message_row("m")} AS message,
       (SELECT array_agg({message_row("r")} ORDER BY r.id) FROM replies r WHERE r.turn_id = claimed.id) AS replies
FROM claimed JOIN conversations c ON c.id = claimed.conversation_id JOIN messages m ON m.id = claimed.message_id
"""

# The names of app/log/statements.py; a test compares them.
LOG_CHANNEL = "parley_log"
STOP_CHANNEL = "parley_stop"
QUEUE_CHANNEL = "parley_queue"
DELETED_SEQ = 2**31 - 1

# What a user deletes is gone, its log too, which has no foreign key. A reply in flight leaves an end marker: watchers
# see by it that there is nothing more to come, and what its writer was just committing is trimmed with it one day.
# Turns that wait are locked before their messages, as everywhere.
DELETE_CONVERSATION = f"""
WITH waiting AS MATERIALIZED (
  SELECT id FROM turns WHERE conversation_id = $1::uuid AND owner = $2 AND state = 'QUEUED' FOR UPDATE
),
deleted AS (
  DELETE FROM conversations WHERE id = $1::uuid AND owner = $2 AND (SELECT count(*) FROM waiting) >= 0 RETURNING id
),
doomed AS MATERIALIZED (
  SELECT m.id, m.status IN ('QUEUED', 'STREAMING') AS in_flight
  FROM messages m JOIN deleted ON m.conversation_id = deleted.id
),
log AS (DELETE FROM deltas d USING doomed WHERE d.message_id = doomed.id),
marked AS (
  INSERT INTO deltas (message_id, seq, final) SELECT id, {DELETED_SEQ}, true FROM doomed WHERE in_flight
)
SELECT (SELECT count(*)::int FROM deleted) AS deleted,
       (SELECT count(pg_notify('{STOP_CHANNEL}', id::text))::int FROM doomed WHERE in_flight) AS stopped,
       pg_notify('{LOG_CHANNEL}', '')::text AS told
"""
