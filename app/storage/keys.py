"""API keys in PostgreSQL (app.chat.keys.Keys)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg

from app.chat.keys import Key, KeyId, KeyNameTaken, NoSuchKey
from app.chat.text import storable
from app.storage.client import Database
from app.storage.reaching import run_statement

_COLUMNS: Final = "id, name, owner, created_at, last_used_at, revoked_at"

CREATE: Final = """
INSERT INTO keys (id, name, owner, digest, created_at) VALUES ($1, $2, $3, $4, $5)
"""

LIST: Final = f"SELECT {_COLUMNS} FROM keys ORDER BY created_at, id"  # noqa: S608  # a constant

REVOKE: Final = f"""
UPDATE keys SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL RETURNING {_COLUMNS}
"""  # noqa: S608  # a constant

# A key in use is written to once a minute, however many servers ask for it every few seconds.
FIND: Final = f"""
WITH found AS (SELECT {_COLUMNS} FROM keys WHERE digest = $1 AND revoked_at IS NULL),
used AS (
  UPDATE keys SET last_used_at = now() FROM found
  WHERE keys.id = found.id AND coalesce(found.last_used_at < now() - interval '1 minute', true)
)
SELECT * FROM found
"""  # noqa: S608  # a constant

ANY: Final = "SELECT EXISTS (SELECT FROM keys WHERE revoked_at IS NULL) AS any"


class PrismaKeys:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def create(self, key: Key, digest: bytes) -> None:
        try:
            await run_statement(self._db, CREATE, key.id, key.name, key.owner, digest, key.created_at)
        except asyncpg.UniqueViolationError:
            raise KeyNameTaken(key.name) from None

    async def list(self) -> Sequence[Key]:
        return [_key_of(row) for row in await run_statement(self._db, LIST)]

    async def revoke(self, name: str) -> Key:
        # Not asked for what no text of PostgreSQL's can be: a command line may have any bytes.
        rows = await run_statement(self._db, REVOKE, name) if storable(name) == name else []
        if not rows:
            raise NoSuchKey(name)
        return _key_of(rows[0])

    async def find(self, digest: bytes) -> Key | None:
        rows = await run_statement(self._db, FIND, digest)
        return _key_of(rows[0]) if rows else None

    async def any(self) -> bool:
        [row] = await run_statement(self._db, ANY)
        return bool(row["any"])


def _key_of(row: asyncpg.Record) -> Key:
    return Key(
        id=KeyId(row["id"]),
        name=row["name"],
        owner=row["owner"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
