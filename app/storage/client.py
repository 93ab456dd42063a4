"""The database, as the rest of storage sees it."""

from __future__ import annotations

import prisma._builder
from prisma import Prisma

from app.storage import query_builder
from app.storage.own_engine import OwnEngine

query_builder.mend(prisma._builder)


class Database(OwnEngine, Prisma):
    """Prisma Client Python, generated from `schema.prisma`, on the engine in `engine/`.

    `db = Database(url)`, `await db.connect()`, then everything in the client's documentation, for example
    `await db.conversation.find_unique(where={"id": …})`; `await db.disconnect()` waits for what is under way.
    Errors are the client's (`prisma.errors`) and those in `app.storage.errors`.
    """
