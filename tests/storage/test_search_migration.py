from __future__ import annotations

import asyncpg

from app.chat.identifiers import new_uuid
from app.storage.migrate import MIGRATIONS
from tests.conftest import with_database

SEARCH = "20261121134500_search"


async def test_what_was_said_before_there_was_search_is_to_be_indexed(postgres: str) -> None:
    database = "before_search"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'CREATE DATABASE "{database}"')
    sql = await asyncpg.connect(with_database(postgres, database))
    try:
        for script in sorted(MIGRATIONS.glob("*/migration.sql")):
            if script.parent.name < SEARCH:
                await sql.execute(script.read_text())
        conversation, said, in_flight, silent = (new_uuid() for _ in range(4))
        await sql.execute("INSERT INTO conversations (id, owner) VALUES ($1, 'me')", conversation)
        await sql.executemany(
            "INSERT INTO messages (id, conversation_id, depth, role, status, content)"
            " VALUES ($1, $2, 0, 'USER', $3, $4)",
            [
                (said, conversation, "COMPLETE", "tide"),
                (in_flight, conversation, "STREAMING", ""),
                (silent, conversation, "FAILED", ""),
            ],
        )
        await sql.execute((MIGRATIONS / SEARCH / "migration.sql").read_text())
        rows = await sql.fetch("SELECT message_id, owner, words FROM search_entries")
        assert [tuple(row) for row in rows] == [(said, "me", None)]
    finally:
        await sql.close()
        await admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        await admin.close()
