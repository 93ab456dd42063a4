"""Pages of conversations."""

from __future__ import annotations

from typing import Self

import strawberry

from app.api.graphql.activity_cursor import activity_cursor
from app.api.graphql.context import Info
from app.api.graphql.conversation import Conversation
from app.api.graphql.cost import PAGE, cost
from app.api.graphql.pagination import PageInfo, page_info
from app.chat import records
from app.chat.paging import ActivityKey, Page

COUNT_COST = 100
"""The database counts all of them, however small the page."""


@strawberry.type(description="A conversation in a page.")
class ConversationEdge:
    cursor: str = strawberry.field(description="Points at this item, for `after` and `before`.")
    node: Conversation = strawberry.field(description="The conversation.")


@strawberry.type(description="A page of conversations, newest activity first.")
class ConversationConnection:
    edges: list[ConversationEdge] = strawberry.field(
        description="The items with their cursors.", metadata=cost(size=PAGE)
    )
    nodes: list[Conversation] = strawberry.field(description="The items alone.", metadata=cost(size=PAGE))
    page_info: PageInfo = strawberry.field(description="Where this page lies in the whole.")
    archived: strawberry.Private[bool | None]
    total: strawberry.Private[int | None]

    @classmethod
    def of(cls, page: Page[records.Conversation], *, archived: bool | None) -> Self:
        nodes = [Conversation.of(each) for each in page.items]
        edges = [
            ConversationEdge(cursor=_cursor(each), node=node) for each, node in zip(page.items, nodes, strict=True)
        ]
        return cls(edges=edges, nodes=nodes, page_info=page_info(page, edges), archived=archived, total=page.total)

    @strawberry.field(
        description="How many there are on all pages; counted only when asked for.", metadata=cost(COUNT_COST)
    )
    async def total_count(self, info: Info) -> int:
        if self.total is not None:
            return self.total
        return await info.context.chat.conversations.count(info.context.owner, archived=self.archived)


def _cursor(record: records.Conversation) -> str:
    return activity_cursor(ActivityKey(record.updated_at, record.id), owner=record.owner)
