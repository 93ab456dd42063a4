"""The log's SQL. Each statement is one snapshot and one transaction of its own, unless it says otherwise."""

from __future__ import annotations

REAPER_LOCK = 0x7061726C72  # "parlr"

LOG_CHANNEL = "parley_log"
"""Somebody committed something. The payload is a hint at which replies: their ids in hex, or nothing for any."""
QUEUE_CHANNEL = "parley_queue"
"""A turn ended on a conversation where another waits; without content."""
STOP_CHANNEL = "parley_stop"
"""Somebody asked for the end of the reply whose id is the payload."""

# For the connection that appends. A statement is planned once, and so that the plan stays right as the tables grow: it
# may be made when they are empty, and by itself PostgreSQL would read all of a small one.
PLAN_APPENDS_ONCE = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"

# Fencing (invariant 3): a batch counts only while its writer's row exists, and the row is locked against the reaper
# until the batch is committed. One row lock a flush, instead of one for each reply.
_FENCE = "writer AS MATERIALIZED (SELECT id FROM writers WHERE id = $1 FOR KEY SHARE)"

# A reply is ours as long as its row says so; the reaper takes our name off. Ours and ended: this batch was committed
# before, by an attempt whose answer was lost.
_OURS = """
ours AS MATERIALIZED (
  SELECT m.id, m.turn_id, m.status FROM messages m, writer w
  WHERE m.id = ANY ($2::uuid[]) AND m.writer_id = w.id
)"""

_APPENDED = """
appended AS (
  INSERT INTO deltas (message_id, seq, content, reasoning, final)
  SELECT a.message_id, a.seq, a.content, a.reasoning, a.final
  FROM unnest($4::uuid[], $5::int[], $6::text[], $7::text[], $8::bool[]) a (message_id, seq, content, reasoning, final)
  JOIN ours ON ours.id = a.message_id AND ours.status = 'STREAMING'
  ON CONFLICT (message_id, seq) DO NOTHING
)"""

# A notification takes a lock of the whole cluster and wakes whoever listens, this writer's own process first of all,
# which has no use for it. So there is none where nobody else is a writer: a process is one before it listens. The
# watchers' poll has to do in the beat between a dismissal and the return, and for a flush that began before another
# process was a writer and ends after its first read.
_LOG_TOLD = f"""
(SELECT count(pg_notify('{LOG_CHANNEL}', $3)) WHERE EXISTS (SELECT FROM writers other WHERE other.id <> $1))"""

# For a statement with a CTE `turns_ended`.
_QUEUE_TOLD = f"""
(SELECT count(pg_notify('{QUEUE_CHANNEL}', '')) FROM turns_ended
 WHERE EXISTS (SELECT FROM turns q WHERE q.conversation_id = turns_ended.conversation_id AND q.state = 'QUEUED'))"""

# What nearly every batch is: new text of replies that are ours. It says only how many rows it has inserted; where that
# is not all of them, or is not known, SETTLE says of which replies. It costs two thirds of that, for it need not look
# whether a row is there already: it fails if one is, and is never run twice.
APPEND = f"""
WITH {_FENCE},
appended AS (
  INSERT INTO deltas (message_id, seq, content, reasoning)
  SELECT a.message_id, a.seq, a.content, a.reasoning
  FROM unnest($2::uuid[], $4::int[], $5::text[], $6::text[]) a (message_id, seq, content, reasoning)
  JOIN messages m ON m.id = a.message_id
  WHERE m.id = ANY ($2::uuid[]) AND m.status = 'STREAMING' AND m.writer_id = (SELECT id FROM writer)
  RETURNING 1
)
SELECT (SELECT count(*) FROM appended), {_LOG_TOLD}"""

_SETTLED = f"SELECT ARRAY (SELECT id FROM ours) AS ours, EXISTS (SELECT FROM writer) AS alive, {_LOG_TOLD}"

# A batch that may have been committed before, in part or as a whole.
SETTLE = f"WITH {_FENCE}, {_OURS}, {_APPENDED} {_SETTLED}"

# Invariant 4: text, status, usage and the end marker are committed together. The turn ends with its last reply.
# Messages are locked in the order of their ids, and before their turn, as a deletion does.
SETTLE_AND_END = f"""
WITH {_FENCE}, {_OURS}, {_APPENDED},
ending AS MATERIALIZED (
  SELECT m.id FROM messages m JOIN ours ON ours.id = m.id
  WHERE m.id = ANY ($9::uuid[]) AND ours.status = 'STREAMING' ORDER BY m.id FOR NO KEY UPDATE OF m
),
ended AS (
  UPDATE messages m
  SET status = e.status::"MessageStatus", content = e.content, reasoning = e.reasoning, seq = e.seq,
      finish_reason = e.finish_reason::"FinishReason", prompt_tokens = e.prompt_tokens,
      completion_tokens = e.completion_tokens, usage_source = e.usage_source::"UsageSource",
      error_code = e.error_code, error_message = e.error_message, error_retryable = e.error_retryable,
      completed_at = now()
  FROM unnest($9::uuid[], $10::text[], $11::text[], $12::text[], $13::int[], $14::text[], $15::int[], $16::int[],
              $17::text[], $18::text[], $19::text[], $20::bool[])
       e (id, status, content, reasoning, seq, finish_reason, prompt_tokens, completion_tokens, usage_source,
          error_code, error_message, error_retryable)
  JOIN ending ON ending.id = e.id
  WHERE m.id = e.id
  RETURNING m.id
),
turns_ended AS (
  UPDATE turns t SET state = 'ENDED'
  WHERE (SELECT count(*) FROM ended) >= 0
    AND t.id IN (SELECT turn_id FROM ours WHERE ours.id = ANY ($9::uuid[])) AND t.state <> 'ENDED'
    AND NOT EXISTS (
      SELECT FROM messages m
      WHERE m.turn_id = t.id AND m.status IN ('QUEUED', 'STREAMING') AND m.id <> ALL ($9::uuid[])
    )
  RETURNING t.conversation_id
)
{_SETTLED}, {_QUEUE_TOLD}"""

LOAD = """
SELECT wanted.id, m.id IS NULL AS gone, m.status NOT IN ('QUEUED', 'STREAMING') AS ended, m.seq,
       CASE WHEN log.seqs IS NULL THEN m.content END AS content,
       CASE WHEN log.seqs IS NULL THEN m.reasoning END AS reasoning,
       log.seqs, log.contents, log.reasonings, log.finals
FROM unnest($1::uuid[]) wanted (id)
LEFT JOIN messages m ON m.id = wanted.id
LEFT JOIN LATERAL (
  SELECT array_agg(d.seq ORDER BY d.seq) AS seqs, array_agg(d.content ORDER BY d.seq) AS contents,
         array_agg(d.reasoning ORDER BY d.seq) AS reasonings, array_agg(d.final ORDER BY d.seq) AS finals
  FROM deltas d WHERE d.message_id = wanted.id
) log ON true
"""

FOLLOW = """
SELECT d.message_id, d.seq, d.content, d.reasoning, d.final
FROM unnest($1::uuid[], $2::int[]) followed (id, seq)
CROSS JOIN LATERAL (
  SELECT * FROM deltas WHERE message_id = followed.id AND seq > followed.seq ORDER BY seq
) d
"""

# What the log alone will not tell: the reply was deleted, or it ended and was trimmed before its end was read.
VANISHED = """
SELECT id FROM unnest($1::uuid[]) followed (id)
WHERE NOT EXISTS (SELECT FROM messages m WHERE m.id = followed.id AND m.status IN ('QUEUED', 'STREAMING'))
  AND NOT EXISTS (SELECT FROM deltas d WHERE d.message_id = followed.id AND d.final AND d.seq <> 2147483647)
"""

TEXTS = """
SELECT message_id, max(seq) AS seq, string_agg(content, '' ORDER BY seq) AS content,
       string_agg(reasoning, '' ORDER BY seq) AS reasoning
FROM deltas WHERE message_id = ANY ($1::uuid[]) AND NOT final GROUP BY message_id
"""

# What was said, to be played again. Generation begins with the post, or when the last turn before it has ended: of a
# conversation one turn runs at a time.
RECORDING = """
SELECT m.id, m.status::text, m.finish_reason::text, m.prompt_tokens, m.completion_tokens, m.usage_source::text,
       m.error_code, m.error_message, m.error_retryable, greatest(m.created_at, ahead.ended_at) AS started_at,
       m.completed_at
FROM messages m
JOIN conversations c ON c.id = m.conversation_id
LEFT JOIN turns t ON t.id = m.turn_id
LEFT JOIN LATERAL (
  SELECT max(p.completed_at) AS ended_at FROM turns pt JOIN messages p ON p.turn_id = pt.id
  WHERE pt.conversation_id = t.conversation_id AND pt.position < t.position
) ahead ON true
WHERE m.id = $1 AND c.owner = $2 AND m.role = 'ASSISTANT'
"""

# At most $3 deltas, and none after those that have $4 bytes in all.
RECORDED_DELTAS = """
SELECT seq, created_at, content, reasoning, final FROM (
  SELECT d.*, sum(d.bytes) OVER (ORDER BY d.seq) - d.bytes AS bytes_before FROM (
    SELECT *, octet_length(content) + coalesce(octet_length(reasoning), 0) AS bytes
    FROM deltas WHERE message_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
  ) d
) page WHERE bytes_before < $4 ORDER BY seq
"""

# After $2 characters of the content and $3 of the reasoning, which comes first; $4 characters at a time.
RECORDED_TEXT = """
SELECT CASE WHEN r.reasoning = '' THEN substr(content, $2::int + 1, $4) ELSE '' END AS content, r.reasoning,
       char_length(content) + coalesce(char_length(messages.reasoning), 0) AS characters
FROM messages, LATERAL (SELECT coalesce(substr(messages.reasoning, $3::int + 1, $4), '') AS reasoning) r
WHERE id = $1
"""

# One order of locks everywhere: a turn that waits before its messages. The lock is a statement of its own, so that the
# next one has a snapshot with whatever was committed meanwhile: two stops of one turn must see each other.
LOCK_WAITING_TURN = """
SELECT t.id FROM turns t JOIN messages m ON m.turn_id = t.id WHERE m.id = $1 AND t.state = 'QUEUED' FOR UPDATE OF t
"""

# A reply that is generated is ended by its writer; one that waits in the queue has none, and ends here.
REQUEST_STOP = f"""
WITH asked AS (
  UPDATE messages m
  SET stop_requested = true, status = CASE m.status WHEN 'QUEUED' THEN 'STOPPED' ELSE m.status END,
      completed_at = CASE m.status WHEN 'QUEUED' THEN now() END
  WHERE m.id = $1 AND m.status IN ('QUEUED', 'STREAMING')
  RETURNING m.id, m.status, m.turn_id
),
marked AS (
  INSERT INTO deltas (message_id, seq, final) SELECT id, 1, true FROM asked WHERE status = 'STOPPED'
),
turns_ended AS (
  UPDATE turns t SET state = 'ENDED' FROM asked
  WHERE asked.status = 'STOPPED' AND t.id = asked.turn_id AND t.state <> 'ENDED'
    AND NOT EXISTS (
      SELECT FROM messages m WHERE m.turn_id = t.id AND m.status IN ('QUEUED', 'STREAMING') AND m.id <> asked.id
    )
  RETURNING t.conversation_id
)
SELECT CASE status WHEN 'STOPPED' THEN pg_notify('{LOG_CHANNEL}', replace(id::text, '-', ''))
                   ELSE pg_notify('{STOP_CHANNEL}', id::text) END, {_QUEUE_TOLD}
FROM asked
"""

STOPS_REQUESTED = "SELECT id FROM messages WHERE writer_id = $1 AND status = 'STREAMING' AND stop_requested"

REGISTER = "INSERT INTO writers (id, lease_until) VALUES ($1, now() + make_interval(secs => $2))"

# A lease that had run out begins anew: its holder was away from the database, for whatever reason.
RENEW = """
UPDATE writers
SET lease_until = now() + make_interval(secs => $2),
    started_at = CASE WHEN lease_until < now() THEN now() ELSE started_at END
WHERE id = $1 RETURNING id
"""
RESIGN = "DELETE FROM writers WHERE id = $1"

# One reaper at a time: two that share the replies of a turn would each leave it to the other to end the turn.
TRY_REAPER = f"SELECT pg_try_advisory_xact_lock({REAPER_LOCK})"

# The reaper's four statements are one transaction. The writers are locked first, in a statement of its own: the next
# one then has a snapshot with every batch that they committed, so no delta is missed.
# Only who has held a lease for a whole one without a gap may judge: after an outage of the database all have run out,
# and whoever is back first would dismiss all others, who are about to come back too.
RUN_OUT = "SELECT id, lease_until FROM writers WHERE lease_until < now()"
EXPIRED = """
SELECT id FROM writers
WHERE id = ANY ($3::uuid[]) AND lease_until < now()
  AND EXISTS (SELECT FROM writers judge WHERE judge.id = $1 AND judge.started_at <= now() - make_interval(secs => $2))
FOR UPDATE SKIP LOCKED
"""
DISMISS = "DELETE FROM writers WHERE id = ANY ($1::uuid[])"

_INTERRUPT = f"""
interrupted AS (
  UPDATE messages m
  SET status = 'INTERRUPTED', writer_id = NULL, seq = coalesce(log.seq, 0), content = coalesce(log.content, ''),
      reasoning = log.reasoning, completed_at = now()
  FROM orphans
  LEFT JOIN LATERAL (
    SELECT max(seq) AS seq, string_agg(content, '' ORDER BY seq) AS content,
           string_agg(reasoning, '' ORDER BY seq) AS reasoning
    FROM deltas WHERE message_id = orphans.id
  ) log ON true
  WHERE m.id = orphans.id
  RETURNING m.id, m.seq, m.turn_id
),
marked AS (
  INSERT INTO deltas (message_id, seq, final) SELECT id, seq + 1, true FROM interrupted
),
turns_ended AS (
  UPDATE turns t SET state = 'ENDED'
  WHERE t.id IN (SELECT turn_id FROM interrupted) AND t.state = 'RUNNING'
    AND NOT EXISTS (
      SELECT FROM messages m WHERE m.turn_id = t.id AND m.status IN ('QUEUED', 'STREAMING')
      AND m.id NOT IN (SELECT id FROM orphans)
    )
  RETURNING t.conversation_id
)
SELECT id, pg_notify('{LOG_CHANNEL}', ''), {_QUEUE_TOLD} FROM interrupted
"""

INTERRUPT_ORPHANS = f"""
WITH orphans AS MATERIALIZED (
  SELECT m.id FROM messages m
  WHERE m.status = 'STREAMING' AND NOT EXISTS (SELECT FROM writers w WHERE w.id = m.writer_id)
  FOR UPDATE SKIP LOCKED
), {_INTERRUPT}"""

# A net, should a turn ever be left RUNNING without a reply in flight: it would keep its conversation busy for ever.
END_EMPTY_TURNS = """
UPDATE turns t SET state = 'ENDED'
WHERE t.state = 'RUNNING'
  AND NOT EXISTS (SELECT FROM messages m WHERE m.turn_id = t.id AND m.status IN ('QUEUED', 'STREAMING'))
RETURNING t.id
"""

# Replies that are this writer's, but that nobody in this process generates: the answer to their begin was lost, or is
# still on its way.
STRAYS = "SELECT id FROM messages WHERE status = 'STREAMING' AND writer_id = $1 AND id <> ALL ($2::uuid[])"

INTERRUPT_STRAYS = f"""
WITH orphans AS MATERIALIZED (
  SELECT m.id FROM messages m
  WHERE m.status = 'STREAMING' AND m.writer_id = $1 AND m.id = ANY ($2::uuid[])
  FOR UPDATE SKIP LOCKED
), {_INTERRUPT}"""

# Whole replies only: a watcher finds all of a log or none of it.
TRIM = """
WITH ended AS MATERIALIZED (
  SELECT message_id FROM deltas WHERE final AND created_at < now() - $1::interval
  ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM deltas USING ended WHERE deltas.message_id = ended.message_id
"""
