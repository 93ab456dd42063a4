"""API keys in PostgreSQL (app.chat.keys.Keys)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from prisma.errors import RawQueryError

from app.chat.keys import Key, KeyId, KeyNameTaken, NoSuchKey
from app.chat.text import storable
from app.storage.client import Database
from app.storage.reaching import UNIQUE_VIOLATION, run_statement, sqlstate

_COLUMNS: Final = "id, name, owner, created_at, last_used_at, revoked_at"

CREATE: Final = """
INSERT INTO keys (id, name, owner, digest, created_at) VALUES ($1::uuid, $2, $3, decode($4, 'hex'), $5::timestamptz)
"""

LIST: Final = f"SELECT {_COLUMNS} FROM keys ORDER BY created_at, id"  # noqa: S608  # a constant

REVOKE: Final = f"""
UPDATE keys SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL RETURNING {_COLUMNS}
"""  # noqa: S608  # a constant

# A key in use is written to once a minute, however many servers ask for it every few seconds.
FIND: Final = f"""
WITH found AS (SELECT {_COLUMNS} FROM keys WHERE digest = decode($1, 'hex') AND revoked_at IS NULL),
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
        created = key.created_at.isoformat()
        try:
            await run_statement(self._db, CREATE, str(key.id), key.name, key.owner, digest.hex(), created)
        except RawQueryError as error:
            if sqlstate(error) == UNIQUE_VIOLATION:
                raise KeyNameTaken(key.name) from None
            raise

    async def list(self) -> Sequence[Key]:
        return [_key_of(row) for row in await run_statement(self._db, LIST)]

    async def revoke(self, name: str) -> Key:
        # Not asked for what no text of PostgreSQL's can be: a command line may have any bytes.
        rows = await run_statement(self._db, REVOKE, name) if storable(name) == name else []
        if not rows:
            raise NoSuchKey(name)
        return _key_of(rows[0])

    async def find(self, digest: bytes) -> Key | None:
        rows = await run_statement(self._db, FIND, digest.hex())
        return _key_of(rows[0]) if rows else None

    async def any(self) -> bool:
        [row] = await run_statement(self._db, ANY)
        return bool(row["any"])


def _key_of(row: Mapping[str, Any]) -> Key:
    return Key(
        id=KeyId(UUID(row["id"])),
        name=row["name"],
        owner=row["owner"],
        created_at=_time(row["created_at"]),
        last_used_at=_time(row["last_used_at"]) if row["last_used_at"] else None,
        revoked_at=_time(row["revoked_at"]) if row["revoked_at"] else None,
    )


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)
