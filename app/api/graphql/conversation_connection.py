"""Pages of conversations."""

from __future__ import annotations

import strawberry

from app.api.graphql.activity_cursor import activity_cursor
from app.api.graphql.context import Info
from app.api.graphql.conversation import Conversation
from app.api.graphql.cost import PAGE, cost
from app.api.graphql.pagination import PageInfo
from app.api.graphql.selection.foreseen import FORESEEN
from app.chat import records
from app.chat.paging import ActivityKey, Page

COUNT_COST = 100
"""The database counts all of them, however small the page."""


@strawberry.type(description="A conversation in a page.")
class ConversationEdge:
    __slots__ = ("record",)

    record: strawberry.Private[records.Conversation]

    @strawberry.field(description="Points at this item, for `after` and `before`.")
    def cursor(self) -> str:
        return _cursor(self.record)

    @strawberry.field(description="The conversation.")
    def node(self) -> Conversation:
        return Conversation(record=self.record)


@strawberry.type(description="A page of conversations, newest activity first.")
class ConversationConnection:
    page: strawberry.Private[Page[records.Conversation]]
    archived: strawberry.Private[bool | None]

    @strawberry.field(description="The items with their cursors.", metadata=cost(size=PAGE))
    def edges(self) -> list[ConversationEdge]:
        return [ConversationEdge(record=each) for each in self.page.items]

    @strawberry.field(description="The items alone.", metadata=cost(size=PAGE))
    def nodes(self) -> list[Conversation]:
        return [Conversation(record=each) for each in self.page.items]

    @strawberry.field(description="Where this page lies in the whole.")
    def page_info(self) -> PageInfo:
        return PageInfo(page=self.page, cursor=_cursor)

    @strawberry.field(
        description="How many there are on all pages; counted only when asked for.",
        metadata={**cost(COUNT_COST), **FORESEEN},
    )
    async def total_count(self, info: Info) -> int:
        if self.page.total is not None:
            return self.page.total
        return await info.context.chat.conversations.count(info.context.owner, archived=self.archived)


def _cursor(record: records.Conversation) -> str:
    return activity_cursor(ActivityKey(record.updated_at, record.id), owner=record.owner)
