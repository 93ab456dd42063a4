"""The SQL of stored completions: turns, with those of their messages that are replies."""

from __future__ import annotations

from app.storage.rows import message_row, turn_row
from app.storage.statements import DELETED_SEQ, LOG_CHANNEL, QUEUE_CHANNEL, STOP_CHANNEL

# A turn's replies hang below the message that they answer, posted with it or before it; its other messages do not.
_IS_REPLY = "m.parent_id = t.message_id AND m.turn_id = t.id"


def _completions(turns: str) -> str:
    return f"""
SELECT {turn_row("t")} AS turn, r.replies
FROM {turns} t
CROSS JOIN LATERAL (
  SELECT array_agg({message_row("m")} ORDER BY m.id) AS replies FROM messages m WHERE {_IS_REPLY}
) r
WHERE r.replies IS NOT NULL"""  # noqa: S608 - every part is a constant of storage


COMPLETION = f"{_completions('turns')} AND t.owner = $1 AND t.id = $2::uuid"

LABEL_COMPLETION = f"""
WITH labelled AS (
  UPDATE turns t SET metadata = $3::jsonb
  WHERE t.owner = $1 AND t.id = $2::uuid AND EXISTS (SELECT FROM messages m WHERE {_IS_REPLY})
  RETURNING *
)
{_completions("labelled")}"""  # noqa: S608 - as above


def _page(beyond: str, start: str, direction: str) -> str:
    return f"""
WITH page AS MATERIALIZED (
  SELECT t.* FROM turns t
  WHERE t.owner = $1 AND t.id {beyond} coalesce($2::uuid, '{start}') AND t.metadata @> $3::jsonb
    AND EXISTS (SELECT FROM messages m WHERE {_IS_REPLY} AND ($4::text IS NULL OR m.model = $4::text) OFFSET 0)
  ORDER BY t.id {direction} LIMIT $5::int
)
{_completions("page")} ORDER BY t.id {direction}"""  # noqa: S608 - as above


COMPLETIONS_OLDEST_FIRST = _page(">", "00000000-0000-0000-0000-000000000000", "ASC")
COMPLETIONS_NEWEST_FIRST = _page("<", "ffffffff-ffff-ffff-ffff-ffffffffffff", "DESC")

# A deletion takes two statements in one transaction: the first one waits for whoever is just posting to the
# conversation, so that the second one's snapshot has all that hangs below the completion. A turn that waits is locked
# before its conversation, as a conversation's deletion does; of one that runs the messages come before the turn, as in
# the log.
LIMIT_WAITING = """
SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $2, true)
"""
LOCK_COMPLETION = """
WITH waiting AS MATERIALIZED (
  SELECT id FROM turns WHERE owner = $1 AND id = $2::uuid AND state = 'QUEUED' FOR UPDATE
)
SELECT c.id FROM turns t JOIN conversations c ON c.id = t.conversation_id
WHERE t.owner = $1 AND t.id = $2::uuid AND (SELECT count(*) FROM waiting) >= 0 FOR UPDATE OF c
"""

# A title that begins what is deleted was made of it, and is nothing to keep a conversation for.
_MADE_OF_WHAT_GOES = r"""EXISTS (
      SELECT FROM messages m JOIN doomed ON doomed.id = m.id
      WHERE m.role = 'USER'
        AND position(rtrim(c.title, '…') IN regexp_replace(left(m.content, 4096), '\s+', ' ', 'g')) > 0
    )"""

# As with a conversation, a reply in flight leaves an end marker, and what its writer was just committing is trimmed
# with it one day. Something else may wait for the turn, on another branch. Messages are locked in the order of their
# ids, as the log does that ends them. Where no parent is left to be the tip, the newest of the other messages is;
# OFFSET 0 keeps PostgreSQL from looking for it through everybody's.
DELETE_COMPLETION = f"""
WITH turn AS MATERIALIZED (
  SELECT t.id, t.conversation_id FROM turns t
  WHERE t.owner = $1 AND t.id = $2::uuid AND EXISTS (SELECT FROM messages m WHERE {_IS_REPLY})
),
own AS MATERIALIZED (
  SELECT m.id, m.parent_id, m.depth, m.status IN ('QUEUED', 'STREAMING') AS in_flight
  FROM messages m JOIN turn ON m.turn_id = turn.id ORDER BY m.id FOR UPDATE OF m
),
following AS MATERIALIZED (
  SELECT FROM own JOIN messages m ON m.parent_id = own.id WHERE m.turn_id IS DISTINCT FROM $2::uuid LIMIT 1
),
doomed AS MATERIALIZED (SELECT * FROM own WHERE NOT EXISTS (SELECT FROM following)),
gone AS (DELETE FROM messages m USING doomed WHERE m.id = doomed.id RETURNING m.id),
ended AS (DELETE FROM turns t USING turn WHERE t.id = turn.id AND (SELECT count(*) FROM gone) > 0),
log AS (DELETE FROM deltas d USING doomed WHERE d.message_id = doomed.id),
marked AS (
  INSERT INTO deltas (message_id, seq, final) SELECT id, {DELETED_SEQ}, true FROM doomed WHERE in_flight
),
top AS MATERIALIZED (
  SELECT turn.conversation_id, doomed.parent_id FROM turn CROSS JOIN doomed ORDER BY doomed.depth LIMIT 1
),
stem AS MATERIALIZED (
  SELECT top.conversation_id, coalesce(top.parent_id, (
    SELECT id FROM (
      SELECT m.id FROM messages m
      WHERE m.conversation_id = top.conversation_id AND m.turn_id IS DISTINCT FROM $2::uuid OFFSET 0
    ) others ORDER BY id DESC LIMIT 1
  )) AS message_id
  FROM top
),
emptied AS (
  DELETE FROM conversations c USING stem
  WHERE c.id = stem.conversation_id AND stem.message_id IS NULL AND (c.title IS NULL OR {_MADE_OF_WHAT_GOES})
    AND c.system_prompt IS NULL AND c.model IS NULL AND c.metadata = '{{}}'
  RETURNING c.id
),
thread AS (
  UPDATE conversations c SET updated_at = now(),
    tip_id = CASE WHEN c.tip_id IN (SELECT id FROM doomed) THEN stem.message_id ELSE c.tip_id END
  FROM stem WHERE c.id = stem.conversation_id AND NOT EXISTS (SELECT FROM emptied)
)
SELECT EXISTS (SELECT FROM turn) AS found, EXISTS (SELECT FROM following) AS continued,
       ARRAY(SELECT id FROM doomed WHERE in_flight) AS in_flight,
       (SELECT count(pg_notify('{STOP_CHANNEL}', id::text))::int FROM doomed WHERE in_flight) AS stopped,
       pg_notify('{LOG_CHANNEL}', '')::text AS told, pg_notify('{QUEUE_CHANNEL}', '')::text AS moved
"""  # noqa: S608 - as above
