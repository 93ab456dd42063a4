"""A database with as many messages as wanted, as if they had been posted and answered, made by SQL alone."""

from __future__ import annotations

from typing import Final

import asyncpg

from app.api.identity import LOCAL

PER_CONVERSATION: Final = 20
RARE_WORD: Final = "heliotrope"
RARE_MESSAGES: Final = 20
"""Messages with that word, however many there are in all."""
FILL_DEADLINE_SECONDS: Final = 600.0

_TEXTS: Final = 1_000
_QUESTION_WORDS: Final = 8
_ANSWER_WORDS: Final = 40

# No triggers and no checks of foreign keys, for what they would make or check is as it should be.
_PREPARE: Final = """
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';
SET session_replication_role = replica;
DROP INDEX search_entries_words_idx;
"""

# Ids in the order of time, as the service makes them.
_FUNCTIONS: Final = """
CREATE FUNCTION pg_temp.time_of(number bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
  $$ SELECT timestamptz '2026-01-01T00:00:00Z' + number * interval '1 millisecond' $$;
CREATE FUNCTION pg_temp.id_of(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(1767225600000 + number), 12, '0') || '70008000' || lpad(to_hex(number), 12, '0'))::uuid $$;
"""

# Some words are much more common than others, as in any language.
_TEXTS_OF_WORDS: Final = f"""
CREATE TEMP TABLE texts AS
WITH syllables AS (SELECT string_to_array('ba ce di fo gu ka le mi no pu ra se ti vo zu', ' ') AS s)
SELECT text AS number,
       string_agg(s[1 + rank % 15] || s[1 + rank / 15 % 15] || s[1 + rank / 225], ' ' ORDER BY word) AS content
FROM syllables, generate_series(0, {_TEXTS - 1}) text,
     generate_series(1, CASE text % 2 WHEN 0 THEN {_QUESTION_WORDS} ELSE {_ANSWER_WORDS} END) word,
     LATERAL (SELECT (3374 * power(abs(hashint8(text * 1000 + word)::bigint) / 2147483648.0, 3))::int AS rank) drawn
GROUP BY text
"""
_TEXTS_TO_FIND: Final = f"""
CREATE TEMP TABLE said AS
SELECT number, rare, content || mark AS content, search_words($1, content || mark) AS words
FROM texts, (VALUES (false, ''), (true, ' {RARE_WORD}')) marks (rare, mark)
"""

_CONVERSATIONS: Final = f"""
INSERT INTO conversations (id, owner, title, tip_id, created_at, updated_at)
SELECT pg_temp.id_of(first), $1, 'Conversation ' || first, pg_temp.id_of(first + {PER_CONVERSATION - 1}),
       pg_temp.time_of(first), pg_temp.time_of(first + {PER_CONVERSATION - 1})
FROM generate_series(0::bigint, $2 - 1, {PER_CONVERSATION}) first
"""
_TURNS: Final = f"""
INSERT INTO turns (id, conversation_id, owner, state, message_id, payload_digest, created_at)
SELECT pg_temp.id_of(n), pg_temp.id_of(n - n % {PER_CONVERSATION}), $1, 'ENDED', pg_temp.id_of(n),
       sha256(n::text::bytea), pg_temp.time_of(n)
FROM generate_series(0::bigint, $2 - 1, 2) n
"""
# Questions have even numbers; those with the rare word are evenly spread among them.
_NUMBERED: Final = f"""
SELECT n, said.* FROM generate_series(0::bigint, $1 - 1) n JOIN said
ON said.number = n % {_TEXTS}
AND said.rare = (n % 2 = 0 AND 0 IN (n % ($1 / {RARE_MESSAGES}), (n + 1) % ($1 / {RARE_MESSAGES})))
"""
_MESSAGES: Final = f"""
INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, content, seq, model, created_at,
                      completed_at)
SELECT pg_temp.id_of(n), pg_temp.id_of(n - n % {PER_CONVERSATION}),
       CASE WHEN n % {PER_CONVERSATION} > 0 THEN pg_temp.id_of(n - 1) END, pg_temp.id_of(n - n % 2),
       n % {PER_CONVERSATION}, (ARRAY['USER', 'ASSISTANT'])[1 + n % 2]::"Role", 'COMPLETE', content,
       n % 2 * {_ANSWER_WORDS}, CASE n % 2 WHEN 1 THEN 'demo' END, pg_temp.time_of(n), pg_temp.time_of(n)
FROM ({_NUMBERED}) numbered
"""
_SEARCH_ENTRIES: Final = f"""
INSERT INTO search_entries (message_id, owner, words) SELECT pg_temp.id_of(n), $2, words FROM ({_NUMBERED}) numbered
"""


async def fill(database_url: str, messages: int) -> None:
    """Linear conversations of the local user, ended and indexed; nothing is left for PostgreSQL to tidy up.

    Args:
        messages: a multiple of 100.
    """
    connection = await asyncpg.connect(database_url, command_timeout=FILL_DEADLINE_SECONDS)
    try:
        index = await connection.fetchval("SELECT pg_get_indexdef('search_entries_words_idx'::regclass)")
        await connection.execute(_PREPARE)
        await connection.execute(_FUNCTIONS)
        await connection.execute(_TEXTS_OF_WORDS)
        await connection.execute(_TEXTS_TO_FIND, LOCAL.owner)
        await connection.execute(_CONVERSATIONS, LOCAL.owner, messages)
        await connection.execute(_TURNS, LOCAL.owner, messages)
        await connection.execute(_MESSAGES, messages)
        await connection.execute(_SEARCH_ENTRIES, messages, LOCAL.owner)
        await connection.execute(index)
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
