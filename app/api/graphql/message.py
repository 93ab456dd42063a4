"""The Message type."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.cost import Assumed, cost
from app.api.graphql.enums import FinishReason, MessageStatus, Role
from app.api.graphql.node import Node
from app.api.graphql.outcome import CompletionError, Usage
from app.api.graphql.scalars import JSON
from app.chat import records
from app.chat.errors import NotFound
from app.chat.identifiers import MESSAGE, ConversationId, MessageId, to_text

if TYPE_CHECKING:
    from app.api.graphql.conversation import Conversation

ASSUMED_SIBLINGS = 5


@strawberry.type(description="What somebody said, as a node of its conversation's tree.")
class Message(Node):
    key: strawberry.Private[MessageId]
    conversation_key: strawberry.Private[ConversationId]
    parent_key: strawberry.Private[MessageId | None]
    role: Role = strawberry.field(description="Who says it.")
    content: str = strawberry.field(description="The text as of `seq`.")
    reasoning: str | None = strawberry.field(description="What the model thought before it spoke, where it tells.")
    status: MessageStatus = strawberry.field(description="Where it is in its life.")
    seq: int = strawberry.field(
        description=(
            "`content` is the text as of this sequence number: subscribe with `after: seq` to get exactly the rest."
        )
    )
    model: str | None = strawberry.field(description="What generates it; null for what a client posted.")
    finish_reason: FinishReason | None = strawberry.field(description="Why the model came to an end, once it has.")
    usage: Usage | None = strawberry.field(description="The tokens that it took, once it has ended.")
    error: CompletionError | None = strawberry.field(description="Why it FAILED.")
    metadata: JSON = strawberry.field(description="An object of the client's own.")
    created_at: datetime = strawberry.field(description="When it was posted, or its generation begun.")
    completed_at: datetime | None = strawberry.field(description="When it got its last status.")

    @classmethod
    def of(cls, record: records.Message) -> Self:
        return cls(
            id=strawberry.ID(to_text(MESSAGE, record.id)),
            key=record.id,
            conversation_key=record.conversation_id,
            parent_key=record.parent_id,
            role=Role(record.role),
            content=record.text.content,
            reasoning=record.text.reasoning,
            status=MessageStatus(record.status),
            seq=record.text.seq,
            model=record.model,
            finish_reason=FinishReason(record.finish_reason) if record.finish_reason else None,
            usage=Usage.of(record.usage) if record.usage else None,
            error=CompletionError.of(record.error) if record.error else None,
            metadata=JSON(record.metadata),
            created_at=record.created_at,
            completed_at=record.completed_at,
        )

    @classmethod
    async def load(cls, info: Info, key: MessageId | None) -> Self | None:
        """The message, with all others that this level of the operation asks for; None where there is none."""
        record = await info.context.load.messages.load(key) if key else None
        return cls.of(record) if record else None

    @strawberry.field(description="The conversation that it belongs to.")
    async def conversation(
        self, info: Info
    ) -> Annotated[Conversation, strawberry.lazy("app.api.graphql.conversation")]:
        from app.api.graphql.conversation import Conversation  # noqa: PLC0415 - the two types refer to each other

        record = await info.context.load.conversations.load(self.conversation_key)
        if record is None:  # deleted since this message was read
            raise NotFound("conversation")
        return Conversation.of(record)

    @strawberry.field(description="What it answers or follows; null at the root.")
    async def parent(self, info: Info) -> Message | None:
        return await Message.load(info, self.parent_key)

    @strawberry.field(
        description=(
            "All messages with the same parent, this one included, oldest first: edits and regenerated replies."
        ),
        metadata=cost(size=Assumed(ASSUMED_SIBLINGS)),
    )
    async def siblings(self, info: Info) -> list[Message]:
        found = await info.context.load.siblings.load(self.key) or ()
        info.context.give_siblings(len(found))
        return [Message.of(each) for each in found]
