"""The Conversation type."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import strawberry

from app.api.graphql.branch_cursor import branch_depth
from app.api.graphql.context import Info
from app.api.graphql.cost import RELAY, cost
from app.api.graphql.message import Message
from app.api.graphql.message_connection import MessageConnection
from app.api.graphql.node import Node
from app.api.graphql.pagination import After, Before, First, Last, window
from app.api.graphql.scalars import JSON
from app.api.graphql.selection.foreseen import FORESEEN
from app.chat import records
from app.chat.identifiers import CONVERSATION, to_text
from app.chat.paging import Page


@strawberry.type(description="A tree of messages, of which one branch is selected.")
class Conversation(Node):
    __slots__ = ("record",)

    record: strawberry.Private[records.Conversation]

    def text_id(self) -> str:
        return to_text(CONVERSATION, self.record.id)

    @strawberry.field(description="What people call it.")
    def title(self) -> str | None:
        return self.record.title

    @strawberry.field(description="Put before the messages of every prompt.")
    def system_prompt(self) -> str | None:
        return self.record.system_prompt

    @strawberry.field(description="Answers posts that name none; null is the server's default.")
    def model(self) -> str | None:
        return self.record.model

    @strawberry.field(description="An object of the client's own.")
    def metadata(self) -> JSON:
        return JSON(self.record.metadata)

    @strawberry.field(description="Whether it is out of sight of `conversations` by default.")
    def archived(self) -> bool:
        return self.record.archived

    @strawberry.field(description="When it was begun.")
    def created_at(self) -> datetime:
        return self.record.created_at

    @strawberry.field(description="When it was last posted to or changed.")
    def updated_at(self) -> datetime:
        return self.record.updated_at

    @strawberry.field(description="The selected branch, root to tip.", metadata={**cost(size=RELAY), **FORESEEN})
    async def messages(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> MessageConnection:
        tip = self.record.tip_id
        cursor = partial(branch_depth, conversation=self.record.id)
        wanted = window(cursor, first=first, after=after, last=last, before=before)
        page = await info.context.load.branches.load((tip, wanted)) if tip else None
        return MessageConnection(page=page or Page((), False, False))

    @strawberry.field(
        description="The last message of the selected branch; null while there is none.", metadata=FORESEEN
    )
    async def tip(self, info: Info) -> Message | None:
        return await Message.load(info, self.record.tip_id)

    @strawberry.field(
        description="The completion in flight on this conversation, if any: what a reloaded page subscribes to.",
        metadata=FORESEEN,
    )
    async def active_completion(self, info: Info) -> Message | None:
        record = await info.context.load.active.load(self.record.id)
        return Message(record=record) if record else None
