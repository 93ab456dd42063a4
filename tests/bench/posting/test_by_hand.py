"""What is written by hand is what a post writes: else its time would say nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.api.identity import LOCAL
from bench.graphql_client import clients, request
from bench.posting.__main__ import CONTENT, DOCUMENT
from bench.posting.by_hand import OWNER, by_hand
from tests.serving import serving

OF_OWNER = {
    "conversations": "SELECT * FROM conversations WHERE owner = $1",
    "turns": "SELECT * FROM turns WHERE owner = $1",
    "messages": "SELECT m.* FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.owner = $1"
    " ORDER BY m.depth",
    "search_entries": "SELECT * FROM search_entries WHERE owner = $1",
}
DIFFERENT = {"owner", "position", "model", "words"}
"""Whose they are, their place in the queue, who answers, and what is indexed later."""
HARDLY_A_WORD_PER_SECOND = 0.01


async def written(url: str, owner: str) -> dict[str, list[dict[str, Any]]]:
    """Of each table the rows: their texts, numbers and states, and of all else whether it is there."""
    connection = await asyncpg.connect(url)
    try:
        rows = {table: await connection.fetch(statement, owner) for table, statement in OF_OWNER.items()}
    finally:
        await connection.close()
    return {
        table: [{name: _told(value) for name, value in row.items() if name not in DIFFERENT} for row in found]
        for table, found in rows.items()
    }


def _told(value: object) -> object:
    return value if isinstance(value, (str, int)) else value is not None


@pytest.mark.parametrize("replies", [False, True])
async def test_the_same_rows_with_the_same_in_them(database_url: str, *, replies: bool) -> None:
    async with serving(database_url, demo_words_per_second=HARDLY_A_WORD_PER_SECOND) as served:
        port = urlsplit(served.url).port
        assert port
        question = request(DOCUMENT, {"input": {"content": CONTENT, "reply": replies}})
        async with clients(port, question, 1) as [client], by_hand(database_url, 1, CONTENT) as [hand]:
            await client.ask()
            await (hand.post() if replies else hand.post_message_only())
            ours, theirs = await written(database_url, LOCAL.owner), await written(database_url, OWNER)
    assert theirs == ours
    assert [len(rows) for rows in ours.values()] == [1, 1, 2 if replies else 1, 1]


async def test_nobody_ends_replies_that_were_written_by_hand(database_url: str) -> None:
    async with by_hand(database_url, 2, CONTENT) as hands:
        for hand in hands:
            await hand.post()
        connection = await asyncpg.connect(database_url)
        try:
            found = await connection.fetchval(
                "SELECT count(*) FROM messages m JOIN writers w ON w.id = m.writer_id"
                " WHERE m.status = 'STREAMING' AND w.lease_until > now() + interval '1 hour'"
            )
        finally:
            await connection.close()
    assert found == 2
