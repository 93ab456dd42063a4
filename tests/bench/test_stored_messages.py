"""What is stored by SQL alone is what the service would have stored."""

from __future__ import annotations

import asyncpg
import pytest

from bench.stored_messages import PER_CONVERSATION, RARE_MESSAGES, RARE_WORD, fill

BROKEN = {
    "a message has no turn": "SELECT count(*) FROM messages m LEFT JOIN turns t ON t.id = m.turn_id WHERE t IS NULL",
    "a parent is of another conversation": "SELECT count(*) FROM messages m JOIN messages p ON p.id = m.parent_id"
    " WHERE p.conversation_id <> m.conversation_id OR p.depth + 1 <> m.depth OR p.created_at >= m.created_at",
    "a tip is none": "SELECT count(*) FROM conversations c LEFT JOIN messages m ON m.id = c.tip_id"
    f" WHERE m.conversation_id IS DISTINCT FROM c.id OR m.depth <> {PER_CONVERSATION - 1}",
    "a message cannot be found": "SELECT count(*) FROM messages m LEFT JOIN search_entries s ON s.message_id = m.id"
    " WHERE s.words IS DISTINCT FROM search_words('local', m.content)",
    "ids are not in the order of time": "SELECT count(*) FROM (SELECT created_at < lag(created_at) OVER (ORDER BY id)"
    " AS before FROM messages) m WHERE before",
}


@pytest.mark.parametrize("messages", [100, 2_000])
async def test_there_are_as_many_as_wanted_and_nothing_is_broken(database_url: str, messages: int) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        index = "SELECT pg_get_indexdef('search_entries_words_idx'::regclass)"
        before = await connection.fetchval(index)
        await fill(database_url, messages)
        assert await connection.fetchval("SELECT count(*) FROM messages") == messages
        found = {what: await connection.fetchval(statement) for what, statement in BROKEN.items()}
        assert found == dict.fromkeys(BROKEN, 0)
        rare = "SELECT count(*) FROM messages WHERE content LIKE $1 AND role = 'USER'"
        assert await connection.fetchval(rare, f"%{RARE_WORD}") == RARE_MESSAGES
        assert await connection.fetchval(index) == before
    finally:
        await connection.close()
