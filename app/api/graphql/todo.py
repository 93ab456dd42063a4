"""Conversations as a list of things to do, for clients that know nothing else of the schema."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.cost import CHANGE_COST, Assumed, cost
from app.chat import records
from app.chat.identifiers import CONVERSATION, to_text
from app.chat.paging import MAX_PAGE_SIZE, ActivityKey, Window


@strawberry.type(description="A conversation by its title alone: something to talk about, until it is archived.")
class Todo:
    id: strawberry.ID = strawberry.field(description="The conversation's.")
    title: str | None = strawberry.field(description="The conversation's; null for one that has none.")
    completed: bool = strawberry.field(description="Whether the conversation is archived.")
    created_at: datetime = strawberry.field(description="When it was begun.")

    @classmethod
    def of(cls, conversation: records.Conversation) -> Self:
        return cls(
            id=strawberry.ID(to_text(CONVERSATION, conversation.id)),
            title=conversation.title,
            completed=conversation.archived,
            created_at=conversation.created_at,
        )


@strawberry.type(description="What can be read as things to do.")
class TodoQuery:
    @strawberry.field(
        description=(
            f"The caller's conversations as things to do, archived ones too: the {MAX_PAGE_SIZE} of newest activity. "
            "`conversations` has all of them, in pages."
        ),
        metadata=cost(size=Assumed(MAX_PAGE_SIZE)),
    )
    async def todos(self, info: Info) -> list[Todo]:
        newest = Window[ActivityKey](size=MAX_PAGE_SIZE)
        page = await info.context.chat.conversations.page(info.context.owner, newest, archived=None)
        return [Todo.of(each) for each in page.items]


@strawberry.type(description="What can be changed as things to do.")
class TodoMutation:
    @strawberry.mutation(
        description="Begins a conversation of that title. It is completed by `updateConversation` with `archived`.",
        metadata=cost(CHANGE_COST),
    )
    async def create_todo(
        self, info: Info, title: Annotated[str, strawberry.argument(description="What people call it.")]
    ) -> Todo:
        info.context.forget()
        return Todo.of(await info.context.chat.conversations.create(info.context.owner, title=title))
