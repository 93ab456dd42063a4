"""What an owner has said, and what of it is found."""

from __future__ import annotations

from app.chat.identifiers import new_conversation_id, new_message_id
from app.chat.paging import Window
from app.chat.search_hit import SearchHit, SearchKey
from app.log.connection import Connection
from app.storage.records import PrismaRecords

ALL = Window[SearchKey](100)


async def say(sql: Connection, owner: str, contents: list[str]) -> None:
    """One after the other; nothing of it is indexed."""
    conversation = new_conversation_id()
    await sql.execute("INSERT INTO conversations (id, owner) VALUES ($1, $2)", conversation, owner)
    await sql.executemany(
        "INSERT INTO messages (id, conversation_id, depth, role, status, content)"
        " VALUES ($1, $2, 0, 'USER', 'COMPLETE', $3)",
        [(new_message_id(), conversation, content) for content in contents],
    )


async def found(records: PrismaRecords, owner: str, query: str) -> list[str]:
    page = await records.search(owner, query, ALL)
    return [each.message.text.content for each in page.items]


def shown(hit: SearchHit) -> str:
    return "".join(f"[{each.text}]" if each.match else each.text for each in hit.excerpt)


async def pending(sql: Connection, owner: str) -> int:
    count: int = await sql.fetchval("SELECT count(*) FROM search_entries WHERE owner = $1 AND words IS NULL", owner)
    return count
