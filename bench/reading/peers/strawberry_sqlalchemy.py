"""`python -m bench.reading.peers.strawberry_sqlalchemy URL`: Strawberry over SQLAlchemy's ORM on asyncpg.

As their documentations have it: a session for each request, a DataLoader that asks once for the messages of all
conversations, and Strawberry's caches of parsed and validated documents.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from enum import Enum
from uuid import UUID

import asyncpg
import strawberry
from fastapi import FastAPI
from sqlalchemy import Enum as EnumType
from sqlalchemy import ForeignKey, select, true
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import BaseContext, GraphQLRouter

from app.api.identity import LOCAL
from app.chat.records import Role
from app.chat.status import MessageStatus
from bench.delivery.serving import serve
from bench.delivery.source import Source, Stream

CONNECTIONS = 20
"""None of which is closed in between."""

strawberry.enum(Role)
strawberry.enum(MessageStatus)


class Base(DeclarativeBase):
    """Only what is read of each table."""


def _stored(kind: type[Enum], name: str) -> EnumType:
    return EnumType(kind, name=name)


class MessageRow(Base):
    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    role: Mapped[Role] = mapped_column(_stored(Role, "Role"))
    status: Mapped[MessageStatus] = mapped_column(_stored(MessageStatus, "MessageStatus"))
    content: Mapped[str]
    created_at: Mapped[datetime]


class ConversationRow(Base):
    __tablename__ = "conversations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str]
    title: Mapped[str | None]
    archived: Mapped[bool]
    updated_at: Mapped[datetime]


Page = tuple[UUID, int]
"""A conversation, and how many of its last messages."""


async def _last_messages(session: AsyncSession, pages: Sequence[Page]) -> list[list[MessageRow]]:
    count = max(last for _, last in pages)
    newest = select(MessageRow).where(MessageRow.conversation_id == ConversationRow.id)
    message = aliased(MessageRow, newest.order_by(MessageRow.id.desc()).limit(count).lateral())
    asked = select(message).select_from(ConversationRow).join(message, true())
    rows = await session.scalars(asked.where(ConversationRow.id.in_([id for id, _ in pages])))
    found: dict[UUID, list[MessageRow]] = {id: [] for id, _ in pages}
    for row in rows:
        found[row.conversation_id].append(row)
    return [sorted(found[id], key=lambda row: row.id)[-last:] for id, last in pages]


class Context(BaseContext):
    def __init__(self, session: AsyncSession) -> None:
        super().__init__()
        self.session = session
        self.last_messages: DataLoader[Page, list[MessageRow]] = DataLoader(self._load)

    async def _load(self, pages: list[Page]) -> list[list[MessageRow]]:
        return await _last_messages(self.session, pages)


@strawberry.type
class Message:
    role: Role
    content: str
    status: MessageStatus
    created_at: datetime


@strawberry.type
class Conversation:
    id: strawberry.ID
    title: str | None

    @strawberry.field
    async def messages(self, info: strawberry.Info[Context], last: int) -> list[Message]:
        rows = await info.context.last_messages.load((UUID(self.id), last))
        return [
            Message(role=row.role, content=row.content, status=row.status, created_at=row.created_at) for row in rows
        ]


@strawberry.type
class Query:
    @strawberry.field
    async def conversations(self, info: strawberry.Info[Context], first: int) -> list[Conversation]:
        owned = select(ConversationRow).where(ConversationRow.owner == LOCAL.owner, ~ConversationRow.archived)
        newest = owned.order_by(ConversationRow.updated_at.desc(), ConversationRow.id.desc()).limit(first)
        rows = await info.context.session.scalars(newest)
        return [Conversation(id=strawberry.ID(str(row.id)), title=row.title) for row in rows]


def app(database_url: str) -> FastAPI:
    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(database_url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=CONNECTIONS, max_overflow=0)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def context() -> AsyncGenerator[Context]:
        async with sessions() as session:
            yield Context(session)

    schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
    router: GraphQLRouter[Context, None] = GraphQLRouter(schema, path="/graphql", context_getter=context)  # type: ignore[arg-type]
    made = FastAPI()
    made.include_router(router)
    return made


if __name__ == "__main__":
    serve(app(sys.argv[1]), Source(Stream))
