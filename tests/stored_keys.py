"""Keys on the real PostgreSQL, which count how often they are asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.chat.keys import Key, digest, new_key, new_secret
from app.storage.client import Database
from app.storage.keys import PrismaKeys


class CountedKeys(PrismaKeys):
    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked = 0

    async def find(self, digest: bytes) -> Key | None:
        self.asked += 1
        return await super().find(digest)


@asynccontextmanager
async def stored_keys(url: str) -> AsyncGenerator[CountedKeys]:
    database = Database(url)
    await database.connect()
    try:
        yield CountedKeys(database)
    finally:
        await database.disconnect()


async def made(keys: PrismaKeys, name: str, owner: str | None = None) -> str:
    """A new key, as it is sent."""
    secret = new_secret()
    await keys.create(new_key(name, owner), digest(secret))
    return secret
