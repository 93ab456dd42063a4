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
from app.api.graphql.selected_parts import METADATA, NOTHING, OUTCOME, PLACE, TEXT
from app.api.graphql.selection.foreseen import FORESEEN
from app.chat import records
from app.chat.errors import NotFound
from app.chat.identifiers import MESSAGE, MessageId, to_text
from app.chat.status import MessageStatus as StoredStatus

if TYPE_CHECKING:
    from app.api.graphql.conversation import Conversation

ASSUMED_SIBLINGS = 5


@strawberry.type(description="What somebody said, as a node of its conversation's tree.")
class Message(Node):
    __slots__ = ("record",)

    record: strawberry.Private[records.Message]

    def text_id(self) -> str:
        return to_text(MESSAGE, self.record.id)

    @strawberry.field(description="Who says it.", graphql_type=Role, metadata=NOTHING)
    def role(self) -> records.Role:
        return self.record.role

    @strawberry.field(description="The text as of `seq`.", metadata=TEXT)
    def content(self) -> str:
        return self.record.text.content

    @strawberry.field(description="What the model thought before it spoke, where it tells.", metadata=TEXT)
    def reasoning(self) -> str | None:
        return self.record.text.reasoning

    @strawberry.field(description="Where it is in its life.", graphql_type=MessageStatus, metadata=NOTHING)
    def status(self) -> StoredStatus:
        return self.record.status

    @strawberry.field(
        description=(
            "`content` is the text as of this sequence number: subscribe with `after: seq` to get exactly the rest."
        ),
        metadata=TEXT,
    )
    def seq(self) -> int:
        return self.record.text.seq

    @strawberry.field(description="What generates it; null for what a client posted.", metadata=OUTCOME)
    def model(self) -> str | None:
        return self.record.model

    @strawberry.field(
        description="Why the model came to an end, once it has.", graphql_type=FinishReason | None, metadata=OUTCOME
    )
    def finish_reason(self) -> records.FinishReason | None:
        return self.record.finish_reason

    @strawberry.field(description="The tokens that it took, once it has ended.", metadata=OUTCOME)
    def usage(self) -> Usage | None:
        return Usage(record=self.record.usage) if self.record.usage else None

    @strawberry.field(description="Why it FAILED.", metadata=OUTCOME)
    def error(self) -> CompletionError | None:
        return CompletionError(record=self.record.error) if self.record.error else None

    @strawberry.field(description="An object of the client's own.", metadata=METADATA)
    def metadata(self) -> JSON:
        return JSON(self.record.metadata)

    @strawberry.field(description="When it was posted, or its generation begun.", metadata=NOTHING)
    def created_at(self) -> datetime:
        return self.record.created_at

    @strawberry.field(description="When it got its last status.", metadata=OUTCOME)
    def completed_at(self) -> datetime | None:
        return self.record.completed_at

    @classmethod
    async def load(cls, info: Info, key: MessageId | None) -> Self | None:
        """The message, with all others that this level of the operation asks for; None where there is none."""
        record = await info.context.load.messages.load(key) if key else None
        return cls(record=record) if record else None

    @strawberry.field(description="The conversation that it belongs to.", metadata={**PLACE, **FORESEEN})
    async def conversation(
        self, info: Info
    ) -> Annotated[Conversation, strawberry.lazy("app.api.graphql.conversation")]:
        from app.api.graphql.conversation import Conversation  # noqa: PLC0415 - the two types refer to each other

        record = await info.context.load.conversations.load(self.record.conversation_id)
        if record is None:  # deleted since this message was read
            raise NotFound("conversation")
        return Conversation(record=record)

    @strawberry.field(description="What it answers or follows; null at the root.", metadata={**PLACE, **FORESEEN})
    async def parent(self, info: Info) -> Message | None:
        return await Message.load(info, self.record.parent_id)

    @strawberry.field(
        description=(
            "All messages with the same parent, this one included, oldest first: edits and regenerated replies."
        ),
        metadata={**NOTHING, **cost(size=Assumed(ASSUMED_SIBLINGS))},
    )
    async def siblings(self, info: Info) -> list[Message]:
        found = await info.context.load.siblings.load(self.record.id) or ()
        info.context.give_siblings(len(found))
        return [Message(record=each) for each in found]
