"""What can be read."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypeAlias

import strawberry

from app.api.graphql.activity_cursor import activity_key
from app.api.graphql.context import Info
from app.api.graphql.conversation import Conversation
from app.api.graphql.conversation_connection import ConversationConnection
from app.api.graphql.cost import RELAY, Assumed, cost
from app.api.graphql.look_ahead import shown_of_each
from app.api.graphql.message import Message
from app.api.graphql.model import Model
from app.api.graphql.node import Node
from app.api.graphql.pagination import After, Before, First, Last, window
from app.api.graphql.search import SearchQuery
from app.api.graphql.todo import TodoQuery
from app.chat.errors import BadInput
from app.chat.identifiers import CONVERSATION, MESSAGE, conversation_id, message_id

MODELS_COST = 10
"""Backends are asked, now and then."""
ASSUMED_MODELS = 20

Archived: TypeAlias = Annotated[
    bool | None, strawberry.argument(description="Only those that are archived, or are not; null for both.")
]


@strawberry.type(description="What can be read. What does not exist, or is another's, is null.")
class Query(SearchQuery, TodoQuery):
    @strawberry.field(description="Whatever has this id.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Of any kind.")]
    ) -> Node | None:
        match id.partition("_")[0]:
            case kind if kind == CONVERSATION:
                return await _conversation(info, id)
            case kind if kind == MESSAGE:
                return await Message.load(info, message_id(id))
        raise BadInput("id", f"starts neither with {CONVERSATION}_ nor with {MESSAGE}_")

    @strawberry.field(description="One conversation.")
    async def conversation(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The conversation's.")]
    ) -> Conversation | None:
        return await _conversation(info, id)

    @strawberry.field(description="The caller's conversations, newest activity first.", metadata=cost(size=RELAY))
    async def conversations(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        archived: Archived = False,
    ) -> ConversationConnection:
        cursor = partial(activity_key, owner=info.context.owner)
        wanted = window(cursor, first=first, after=after, last=last, before=before)
        page = await info.context.load.overview(wanted, shown_of_each(info), archived=archived)
        return ConversationConnection(page=page, archived=archived)

    @strawberry.field(description="One message.")
    async def message(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The message's.")]
    ) -> Message | None:
        return await Message.load(info, message_id(id))

    @strawberry.field(
        description="The models that answer here, the default one first.",
        metadata=cost(MODELS_COST, Assumed(ASSUMED_MODELS)),
    )
    async def models(self, info: Info) -> list[Model]:
        return [Model.of(each) for each in await info.context.chat.models.list()]


async def _conversation(info: Info, id: str) -> Conversation | None:
    record = await info.context.load.conversations.load(conversation_id(id))
    return Conversation(record=record) if record else None
