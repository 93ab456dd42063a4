"""The Conversation type."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from app.api.graphql.branch_cursor import branch_depth
from app.api.graphql.context import Info
from app.api.graphql.cost import RELAY, cost
from app.api.graphql.message import Message
from app.api.graphql.message_connection import MessageConnection
from app.api.graphql.node import Node
from app.api.graphql.pagination import After, Before, First, Last, window
from app.api.graphql.scalars import JSON
from app.chat import records
from app.chat.identifiers import CONVERSATION, ConversationId, MessageId, to_text
from app.chat.paging import Page


@strawberry.type(description="A tree of messages, of which one branch is selected.")
class Conversation(Node):
    key: strawberry.Private[ConversationId]
    tip_key: strawberry.Private[MessageId | None]
    title: str | None = strawberry.field(description="What people call it.")
    system_prompt: str | None = strawberry.field(description="Put before the messages of every prompt.")
    model: str | None = strawberry.field(description="Answers posts that name none; null is the server's default.")
    metadata: JSON = strawberry.field(description="An object of the client's own.")
    archived: bool = strawberry.field(description="Whether it is out of sight of `conversations` by default.")
    created_at: datetime = strawberry.field(description="When it was begun.")
    updated_at: datetime = strawberry.field(description="When it was last posted to or changed.")

    @classmethod
    def of(cls, record: records.Conversation) -> Self:
        return cls(
            id=strawberry.ID(to_text(CONVERSATION, record.id)),
            key=record.id,
            tip_key=record.tip_id,
            title=record.title,
            system_prompt=record.system_prompt,
            model=record.model,
            metadata=JSON(record.metadata),
            archived=record.archived,
            created_at=record.created_at,
            updated_at=record.updated_at,
        )

    @strawberry.field(description="The selected branch, root to tip.", metadata=cost(size=RELAY))
    async def messages(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> MessageConnection:
        cursor = partial(branch_depth, conversation=self.key)
        wanted = window(cursor, first=first, after=after, last=last, before=before)
        page = await info.context.load.branches.load((self.tip_key, wanted)) if self.tip_key else None
        return MessageConnection.of(page or Page((), False, False))

    @strawberry.field(description="The last message of the selected branch; null while there is none.")
    async def tip(self, info: Info) -> Message | None:
        return await Message.load(info, self.tip_key)

    @strawberry.field(
        description="The completion in flight on this conversation, if any: what a reloaded page subscribes to."
    )
    async def active_completion(self, info: Info) -> Message | None:
        record = await info.context.load.active.load(self.key)
        return Message.of(record) if record else None
